import { describe, expect, it } from 'vitest';
import {
  addressFromBytes,
  addressToBytes,
  bitsPerSecond,
  countFrames,
  decodeFrames,
  encodeFrames,
  FrameError,
  inventorySchema,
  WanEvent,
} from './index.ts';

describe('addresses', () => {
  it.each(['192.0.2.1', '2001:db8::1', '::', '::1', 'fe80::a:b', '2001:db8:1:2:3:4:5:6', '1:0:0:2::3'])(
    '%s survives the way to bytes and back',
    (text) => expect(addressFromBytes(addressToBytes(text))).toBe(text),
  );
  it('reads an IPv4-mapped address and a zone', () => {
    expect(addressFromBytes(addressToBytes('::ffff:192.0.2.7'))).toBe('192.0.2.7');
    expect(addressFromBytes(addressToBytes('fe80::1%eth0'))).toBe('fe80::1');
  });
  it.each(['', '1.2.3', '1.2.3.256', ':::', '1::2::3', 'g::', '1:2:3:4:5:6:7:8:9'])('refuses %j', (text) =>
    expect(() => addressToBytes(text)).toThrow(RangeError),
  );
});

describe('bitsPerSecond', () => {
  it.each([
    ['50M', 50e6],
    ['1.5G', 1.5e9],
    ['64k', 64e3],
    [1000, 1000],
    ['10 Mbit/s', 10e6],
  ])('%s is %d', (text, bps) => expect(bitsPerSecond(text)).toBe(bps));
  it.each(['', 'fast', '0', '-5M', '5X', 0, Number.NaN])('%s is no rate', (text) =>
    expect(bitsPerSecond(text)).toBeUndefined(),
  );
});

describe('frames', () => {
  const event = (id: string): WanEvent => ({
    id,
    timeMs: 1_763_600_000_123,
    site: 's',
    router: 'r',
    wan: '',
    kind: 'wan-up',
    severity: 1,
    message: 'm',
    value: 0,
    limit: undefined,
  });
  it('keeps messages, order and the difference between 0 and absent', () => {
    const value = encodeFrames(WanEvent, [event('a'), event('b')]);
    expect(countFrames(value)).toBe(2);
    expect(decodeFrames(WanEvent, value)).toEqual([event('a'), event('b')]);
  });
  it('refuses a cut value', () => {
    const value = encodeFrames(WanEvent, [event('a')]);
    expect(() => decodeFrames(WanEvent, value.subarray(0, value.length - 1))).toThrow(FrameError);
    expect(() => countFrames(value.subarray(0, value.length - 1))).toThrow(FrameError);
  });
});

describe('inventory', () => {
  const wan = (name: string) => ({
    name,
    interface: name,
    capacity: { rx: '50M', tx: 1e7 },
    routingMark: `${name}_Route`,
  });
  const router = {
    name: 'gw1',
    site: 's1',
    address: '192.0.2.1',
    api: { user: 'u', password: 'p' },
    wans: [wan('ISP1'), wan('ISP2')],
  };
  it('fills defaults: observe, verified TLS, a reading each second', () => {
    const [parsed] = inventorySchema.parse([{ ...router, steering: {} }]);
    expect(parsed).toMatchObject({
      mode: 'observe',
      api: { tls: {}, intervalMs: 1000 },
      steering: {
        rule: 'Load-Balancing here',
        policy: { leaveAbove: 0.8, returnBelow: 0.6, samples: { breached: 3, of: 5 } },
      },
    });
    expect(parsed?.wans[0]?.capacity).toEqual({ rx: 50e6, tx: 10e6 });
    expect(JSON.stringify(parsed)).not.toContain('"p"');
  });
  it('refuses two WANs of one name and two routers of one name', () => {
    expect(inventorySchema.safeParse([{ ...router, wans: [wan('ISP1'), wan('ISP1')] }]).success).toBe(false);
    expect(inventorySchema.safeParse([router, router]).success).toBe(false);
  });
  it('refuses a count that the samples cannot reach', () => {
    const steering = { policy: { samples: { breached: 3, of: 2 } } };
    expect(inventorySchema.safeParse([{ ...router, steering }]).success).toBe(false);
  });
  it('refuses limits without a gap', () => {
    const steering = { policy: { leaveAbove: 0.5, returnBelow: 0.5 } };
    expect(inventorySchema.safeParse([{ ...router, steering }]).success).toBe(false);
  });
  it.each<[string, object, (string | number)[]]>([
    ['the gateway', {}, ['wans', 0]],
    [
      'asked for another',
      { gateway: '192.0.2.254', probeHosts: ['9.9.9.9', '1.1.1.1'] },
      ['wans', 1, 'probeHosts', 0],
    ],
  ])('says where a setup lacks something: %s', (message, given, path) => {
    const wans = [wan('ISP1'), wan('ISP2')].map((entry) => ({ ...entry, ...given }));
    const setup = { lanNetworks: ['192.168.88.0/24'] };
    const { error } = inventorySchema.safeParse([{ ...router, wans, setup }]);
    expect(error?.issues[0]?.message).toContain(message);
    expect(error?.issues[0]?.path).toEqual([0, ...path]);
  });
});
