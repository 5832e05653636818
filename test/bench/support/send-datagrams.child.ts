/**
 * Sends flow datagrams to a port of loopback at a steady rate, from eight exporters (127.0.1.1 to 127.0.1.8), and prints
 * what it sent as one JSON object. Arguments: port, flows per second, seconds.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { commonShapes, createRouterosExport, FLOWS_PER_DATAGRAM } from './routeros-export.ts';

const EXPORTERS = 8;
/** Datagrams made beforehand for each exporter, sent again and again. */
const DATAGRAMS = 500;
const TICK_MS = 2;
const TEMPLATE_EVERY_MS = 1_000;

const [port = 0, flowsPerSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const sources = await Promise.all(Array.from({ length: EXPORTERS }, (_, index) => openSource(index)));
for (const { socket, template } of sources) await sendAndWait(socket, template);
await sleep(100);

const datagramsPerMs = flowsPerSecond / FLOWS_PER_DATAGRAM / 1_000;
const started = performance.now();
let sent = 0;
let failed = 0;
let templates = EXPORTERS;
let nextTemplateMs = TEMPLATE_EVERY_MS;
for (;;) {
  const elapsedMs = performance.now() - started;
  if (elapsedMs >= seconds * 1_000) break;
  if (elapsedMs >= nextTemplateMs) {
    nextTemplateMs += TEMPLATE_EVERY_MS;
    templates += EXPORTERS;
    for (const { socket, template } of sources) await sendAndWait(socket, template);
  }
  const due = Math.floor(elapsedMs * datagramsPerMs);
  while (sent < due) {
    const { socket, datagrams } = sources[sent % EXPORTERS] ?? never();
    const datagram = datagrams[Math.floor(sent / EXPORTERS) % DATAGRAMS] ?? never();
    socket.send(datagram, port, '127.0.0.1', countFailure);
    sent += 1;
  }
  await sleep(TICK_MS);
}
const elapsedSeconds = (performance.now() - started) / 1_000;
await sleep(50);
for (const { socket } of sources) socket.close();
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({
    datagrams: sent + templates - failed,
    flows: (sent - failed) * FLOWS_PER_DATAGRAM,
    elapsedSeconds,
    cpuSeconds: (user + system) / 1e6,
  })}\n`,
);

async function openSource(
  index: number,
): Promise<{ socket: Socket; template: Buffer; datagrams: readonly Buffer[] }> {
  const socket = createSocket('udp4');
  socket.bind(0, `127.0.1.${index + 1}`);
  await once(socket, 'listening');
  const traffic = createRouterosExport(index + 1, commonShapes);
  const nowMs = Date.now();
  const datagrams = Array.from({ length: DATAGRAMS }, (_, at) => traffic.datagram(nowMs + at));
  return { socket, template: traffic.template(), datagrams };
}

function sendAndWait(socket: Socket, datagram: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, port, '127.0.0.1', (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function countFailure(error: Error | null): void {
  if (error) failed += 1;
}

function never(): never {
  throw new Error('an index is out of range');
}
