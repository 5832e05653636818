// Listens with node-netflowv9, sends it the datagrams given as hex, and prints how many flows it has told of.
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { setTimeout } from 'node:timers';
import NetFlowV9 from 'node-netflowv9';

let flows = 0;
const collector = new NetFlowV9({
  cb: (datagram) => {
    flows += datagram.flows.length;
  },
});
collector.listen(0, '127.0.0.1', () => {
  const sender = createSocket('udp4');
  const { port } = collector.server.address();
  for (const hex of process.argv.slice(2)) sender.send(Buffer.from(hex, 'hex'), port, '127.0.0.1');
  setTimeout(() => {
    process.stdout.write(String(flows));
    process.exit();
  }, 1_000);
});
