import { createRateLimitedLog, createTelemetry } from '@fairlead/runtime';
import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { udpIntakeConfigSchema } from './config.ts';
import { createUdpListener } from './udp-listener.ts';
import { createUdpMetrics } from './udp-metrics.ts';

it('says what was left in a socket that it had no time to empty', async (context) => {
  if (process.platform !== 'linux') context.skip('only Linux tells what a socket holds');
  const lines: string[] = [];
  const { log, registry } = createTelemetry({
    level: 'warn',
    destination: { write: (line) => void lines.push(line) },
  });
  const schema = udpIntakeConfigSchema({ port: 0, maxDatagramBytes: 1_000 });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  let taken = 0;
  const listener = createUdpListener(schema.parse({ receiveBufferBytes: 1_048_576 }), {
    service: 'test-collector',
    section: 'test',
    // Too slow for what comes.
    onDatagram: () => {
      taken += 1;
      Atomics.wait(gate, 0, 0, 1);
    },
    logger: log,
    warnings: createRateLimitedLog(log, { nowMs: () => 0 }),
    metrics: createUdpMetrics(registry),
  });
  await listener.open();
  const port = listener.addresses[0]?.port ?? 0;
  const sender = createSocket('udp4');
  // On loopback a datagram is in the receiver's buffer when send returns.
  for (let number = 0; number < 1_000; number += 1) sender.send('x', port, '127.0.0.1');
  await new Promise((done) => sender.send('last', port, '127.0.0.1', done));
  await listener.close(0);
  sender.close();
  expect(taken).toBeLessThan(1_001);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/"queuedBytes":[1-9]\d*,.*stopped before the receive buffer was empty/);
  expect(listener.addresses).toEqual([]);
});
