import { addressFromBytes, addressToBytes } from '@fairlead/model';
import fc from 'fast-check';
import NetFlowV9 from 'node-netflowv9';
import { expect, it } from 'vitest';
import { createTemplateStore, decodeNetflow } from './index.ts';
import { buildSet, buildV9, templateRecord, type V9Field } from './testing/index.ts';

/** Fields that both decoders read, with the lengths that both take. */
const field = fc.constantFrom<V9Field>(
  ...([1, 2].flatMap((type) => [1, 2, 3, 4, 5, 6].map((length) => [type, length])) as V9Field[]),
  [4, 1],
  [5, 1],
  [6, 1],
  [7, 2],
  [8, 4],
  [11, 2],
  [12, 4],
  [16, 2],
  [16, 4],
  [10, 2],
  [10, 4],
  [56, 6],
);

it('reads any well-formed v9 datagram as node-netflowv9 reads it', () => {
  const peer = new NetFlowV9({ cb: () => undefined });
  const sender = { address: '192.0.2.1', port: 2_055 };
  const fields = fc.uniqueArray(field, { minLength: 1, maxLength: 12, selector: ([type]) => type });
  fc.assert(
    fc.property(fields, fc.uint8Array({ minLength: 1, maxLength: 600 }), (template, content) => {
      const recordBytes = template.reduce((sum, [, length]) => sum + length, 0);
      const whole = content.subarray(0, content.length - (content.length % recordBytes));
      const datagram = buildV9({}, buildSet(0, templateRecord(256, template)), buildSet(256, whole));
      const context = {
        timeMs: 1,
        exporter: addressToBytes('192.0.2.1'),
        router: '',
        templates: createTemplateStore(),
      };
      const ours = decodeNetflow(datagram, context).flows.map((flow) => ({
        in_bytes: flow.bytes,
        in_pkts: flow.packets,
        protocol: flow.protocol,
        src_tos: flow.tos,
        tcp_flags: flow.tcpFlags,
        l4_src_port: flow.srcPort,
        l4_dst_port: flow.dstPort,
        input_snmp: flow.inputIfIndex,
        src_as: flow.srcAs,
        ipv4_src_addr: addressFromBytes(flow.srcAddress),
        ipv4_dst_addr: addressFromBytes(flow.dstAddress),
      }));
      const theirs = peer.nfPktDecode(Buffer.from(datagram), sender)?.flows ?? [];
      expect(ours).toHaveLength(theirs.length);
      for (const [index, flow] of theirs.entries()) {
        // What the template does not hold, they leave out.
        const known = Object.entries(flow).filter(([name]) => name in (ours[0] ?? {}));
        expect(ours[index]).toMatchObject(Object.fromEntries(known));
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
  );
  peer.server.close();
});
