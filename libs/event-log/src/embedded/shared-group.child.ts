/**
 * A member of shared-group.test.ts: `shared-group.child.ts DIRECTORY`. Copies `in` to `out` in a group, each copy with the
 * id of this process behind the number, until it is told to stop.
 */
import { createEmbeddedLog } from './embedded-log.ts';

const [directory = ''] = process.argv.slice(2);
const log = await createEmbeddedLog({ directory });
await log.subscribe({
  topics: ['in'],
  group: 'copy',
  startAt: 'earliest',
  onBatch: async ({ records }) =>
    records.map(({ key, value }) => {
      const copy = Buffer.alloc(8);
      copy.set(value);
      copy.writeUInt32BE(process.pid, 4);
      return { topic: 'out', key, value: copy };
    }),
});
process.stdout.write('ready\n');
process.once('SIGTERM', () => void log.close());
