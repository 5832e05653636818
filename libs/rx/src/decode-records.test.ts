import { CounterSource, encodeFrames, InterfaceCounters } from '@fairlead/model';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { decodeRecords } from './decode-records.ts';

describe('decodeRecords', () => {
  it('goes on after a broken record', async () => {
    const sample = InterfaceCounters.decode(
      InterfaceCounters.encode({
        timeMs: 1,
        router: 'gw1',
        source: CounterSource.SNMP,
        interface: 'ether1',
      }).finish(),
    );
    const good = { offset: 0, value: encodeFrames(InterfaceCounters, [sample, sample]) };
    const bad = { offset: 1, value: good.value.subarray(0, -1) };
    const decoded = await lastValueFrom(
      from([good, bad, good]).pipe(decodeRecords(InterfaceCounters), toArray()),
    );
    expect(decoded).toEqual([
      { kind: 'decoded', record: good, messages: [sample, sample] },
      { kind: 'broken', record: bad, error: expect.objectContaining({ name: 'FrameError' }) as unknown },
      { kind: 'decoded', record: good, messages: [sample, sample] },
    ]);
  });
});
