import { addressToBytes, encodeFrames, Flow } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { expect, it } from 'vitest';
import { createChdbStore } from './chdb-store.ts';

it('does not store again what a translation kept', async () => {
  const folder = temporaryFolder();
  const store = await createChdbStore({ directory: folder.path });
  await store.migrate();
  const server = addressToBytes('198.51.100.80');
  const flow: Flow = {
    ...Flow.decode(new Uint8Array()),
    timeMs: Date.now(),
    exporter: server,
    srcAddress: addressToBytes('10.0.0.7'),
    dstAddress: server,
    srcPort: 40_000,
    dstPort: 443,
  };
  const flows = [
    {
      ...flow,
      postNatSrcAddress: addressToBytes('203.0.113.7'),
      postNatDstAddress: server,
      postNatSrcPort: 40_000,
      postNatDstPort: 0,
    },
    flow,
  ];
  await store.insert({
    topic: topics.flows.name,
    partition: 0,
    firstOffset: 0,
    lastOffset: 0,
    firstTimestampMs: Date.now(),
    values: [encodeFrames(Flow, flows)],
  });
  const { body } = await store.query(
    'SELECT post_nat_src_address, post_nat_dst_address, post_nat_src_port, post_nat_dst_port FROM flows ' +
      'ORDER BY post_nat_dst_port NULLS LAST',
  );
  expect(Buffer.from(body).toString()).toBe('::ffff:203.0.113.7\t\\N\t\\N\t0\n\\N\t\\N\t\\N\t\\N\n');
  await store.close();
  folder.remove();
});
