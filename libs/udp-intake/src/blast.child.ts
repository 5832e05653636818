/** `blast.child.ts PORT COUNT`: sends the datagrams to loopback as fast as it can and ends when the kernel has them all. */
import { createSocket } from 'node:dgram';

const [port, count] = process.argv.slice(2).map(Number);
const socket = createSocket('udp4');
let left = count ?? 0;
for (let number = left; number > 0; number -= 1) {
  socket.send('datagram', port, '127.0.0.1', (error) => {
    if (error) throw error;
    left -= 1;
    if (left === 0) socket.close();
  });
}
