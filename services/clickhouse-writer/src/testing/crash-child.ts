import { join } from 'node:path';
import { createEmbeddedLog } from '@fairlead/event-log';
import { addressToBytes, encodeFrames, Flow, systemClock } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { createChdbStore } from '@fairlead/telemetry-store';
import { topics } from '@fairlead/topics';
import { createClickhouseWriter } from '../writer.ts';

/**
 * A pipeline to be killed: appends flows without end and writes them to the store. `flow.bytes` numbers the flows from
 * the second argument on; each acknowledged number is printed. The times lie on three days, so that an insert has three
 * parts and can be stored by half.
 */
const [directory = '', first = '0'] = process.argv.slice(2);
const DAY_MS = 86_400_000;

const log = await createEmbeddedLog({ directory: join(directory, 'log') });
await log.ensureTopics(Object.values(topics));
const store = await createChdbStore({ directory: join(directory, 'store') });
await store.migrate();
const telemetry = createTelemetry({ level: 'silent' });
const config = { maxRows: 40, maxBytes: 65_536, maxAgeMs: 10 };
await createClickhouseWriter(config, { log, store, clock: systemClock, telemetry }).start();

for (let number = Number(first); ;) {
  const flows = Array.from({ length: 1 + (number % 7) }, () => flow((number += 1)));
  const key = `router-${number % 3}`;
  await log.append([{ topic: topics.flows.name, key, value: encodeFrames(Flow, flows) }]);
  process.stdout.write(`${number}\n`);
  await new Promise((resolve) => setTimeout(resolve, 1));
}

function flow(number: number): Flow {
  const address = addressToBytes('192.0.2.1');
  return {
    ...Flow.decode(new Uint8Array(0)),
    timeMs: Date.now() - (number % 3) * DAY_MS,
    exporter: address,
    srcAddress: address,
    dstAddress: address,
    bytes: number,
  };
}
