import { addressFromBytes, decodeFrames } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { openEventLog } from '../compose.ts';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { UsageError } from '../exit.ts';
import { untilSignal } from '../signal.ts';
import { findTopic, topicNames } from '../topic-names.ts';

export interface TapOptions extends WhereOptions {
  readonly fromStart: boolean;
  readonly limit?: number;
}

/** `fairlead tap TOPIC` */
export async function tapTopic(name: string, options: TapOptions): Promise<void> {
  const topic = findTopic(name);
  if (!topic) throw new UsageError(`unknown topic "${name}"; known: ${topicNames.join(', ')}`);
  const log = await openEventLog(await locateConfig(options), createTelemetry({ level: 'warn' }));
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let enough = (): void => undefined;
  const limitReached = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const subscription = await log.subscribe({
    topics: [topic.name],
    startAt: options.fromStart ? 'earliest' : 'latest',
    onBatch: async ({ records }) => {
      for (const { value } of records) {
        for (const record of decodeFrames(topic.codec, value)) {
          if (left > 0) process.stdout.write(`${JSON.stringify(record, readable)}\n`);
          left -= 1;
        }
      }
      if (left <= 0) enough();
    },
  });
  await Promise.race([untilSignal(), limitReached]);
  await subscription.stop();
  await log.close();
}

/** JSON for people: 64-bit counters as decimal text, addresses as addresses, other bytes as hex. */
function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return addressFromBytes(value) || Buffer.from(value).toString('hex');
  return value;
}
