/**
 * Sends syslog messages to a port of loopback from eight senders (127.0.1.1 to 127.0.1.8), and prints what the kernel
 * took as one JSON object. Arguments: port, messages per second (0: as fast as it can), seconds.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { siteMessage } from './syslog-stream.ts';

const SENDERS = 8;
/** Made beforehand, sent again and again. */
const MESSAGES = 10_000;
const TICK_MS = 2;
/** Sent between two turns of the event loop. */
const BURST = 64;

const [port = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const sockets = await Promise.all(
  Array.from({ length: SENDERS }, (_, index) => open(`127.0.1.${index + 1}`)),
);
const messages = Array.from({ length: MESSAGES }, (_, seed) => Buffer.from(siteMessage(seed)));

const started = performance.now();
let tried = 0;
let sent = 0;
const count = (error: Error | null): void => {
  if (!error) sent += 1;
};
for (;;) {
  const elapsedMs = performance.now() - started;
  if (elapsedMs >= seconds * 1_000) break;
  const due = perSecond === 0 ? tried + BURST : Math.floor((elapsedMs * perSecond) / 1_000);
  for (; tried < due; tried += 1) {
    sockets[tried % SENDERS]?.send(messages[tried % MESSAGES] ?? '', count);
  }
  await (perSecond === 0 ? setImmediate() : sleep(TICK_MS));
}
const elapsedSeconds = (performance.now() - started) / 1_000;
await sleep(100);
for (const socket of sockets) socket.close();
process.stdout.write(`${JSON.stringify({ sent, elapsedSeconds })}\n`);

async function open(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
