import { addressToBytes, Flow } from '@fairlead/model';
import { expect, it } from 'vitest';
import { leaveOutUntranslated } from './untranslated.ts';

it('leaves out what a translation kept, and nothing else', () => {
  const server = addressToBytes('198.51.100.80');
  const flow: Flow = {
    ...Flow.decode(new Uint8Array()),
    srcAddress: addressToBytes('10.0.0.7'),
    dstAddress: server,
    srcPort: 40_000,
    dstPort: 443,
    postNatSrcAddress: addressToBytes('203.0.113.7'),
    postNatDstAddress: server.slice(),
    postNatSrcPort: 40_000,
    postNatDstPort: 0,
  };
  leaveOutUntranslated(flow);
  expect(flow).toMatchObject({
    postNatSrcAddress: addressToBytes('203.0.113.7'),
    postNatDstAddress: undefined,
    postNatSrcPort: undefined,
    postNatDstPort: 0,
  });
});

it('has nothing to do with a flow that was not translated', () => {
  const flow = Flow.decode(new Uint8Array());
  leaveOutUntranslated(flow);
  expect(flow).toEqual(Flow.decode(new Uint8Array()));
});
