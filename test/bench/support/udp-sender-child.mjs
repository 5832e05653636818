/**
 * Sends as its parent asks: `{ port, count, bytes }` gives so many datagrams of that size to the port on loopback, as
 * fast as one core makes them, from four sources in turn. Answers with the number that the kernel took.
 */
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

const SOURCES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];
/** Sent between two turns of the event loop, so that what the kernel could not take at once is not heaped up. */
const BURST = 64;

process.on('message', async (job) => {
  process.send({ sent: await send(job) });
});

async function send({ port, count, bytes }) {
  const payload = Buffer.alloc(bytes, 9);
  const sockets = await Promise.all(SOURCES.map((address) => connect(address, port)));
  let sent = 0;
  for (let number = 0; number < count; number += 1) {
    sockets[number % sockets.length].send(payload, (error) => {
      if (!error) sent += 1;
    });
    if (number % BURST === BURST - 1) await setImmediate();
  }
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))));
  return sent;
}

async function connect(address, port) {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
