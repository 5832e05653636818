import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createCaptureProblems, isCapture, readDatagrams, type UdpDatagram } from './index.ts';
import { buildPcap, buildPcapng, ethernet, ipv4, ipv6, udp, vlanTag } from './testing/index.ts';

interface Reading {
  readonly datagrams: UdpDatagram[];
  readonly problems: Record<string, number>;
}

function read(file: Uint8Array, chunkBytes = file.length || 1): Reading {
  const problems = createCaptureProblems();
  const chunks = Array.from({ length: Math.ceil(file.length / chunkBytes) }, (_, i) =>
    file.subarray(i * chunkBytes, (i + 1) * chunkBytes),
  );
  const datagrams = [...readDatagrams(chunks, problems)];
  return { datagrams, problems: Object.fromEntries(problems.counts) };
}

const payload = Uint8Array.of(0, 9, 1, 2, 3);
const overV4 = ipv4({}, udp({}, payload));
const overV6 = ipv6({}, udp({}, payload));
const frame = ethernet(0x0800, overV4);
const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
const concat = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

describe('formats', () => {
  it.each([
    ['pcap, little-endian, microseconds', buildPcap({ ticks: 123_999 }, frame)],
    ['pcap, big-endian, microseconds', buildPcap({ littleEndian: false, ticks: 123_000 }, frame)],
    ['pcap, little-endian, nanoseconds', buildPcap({ nanoseconds: true, ticks: 123_999_999 }, frame)],
    [
      'pcap, big-endian, nanoseconds',
      buildPcap({ nanoseconds: true, littleEndian: false, ticks: 123_000_000 }, frame),
    ],
    ['pcapng, little-endian', buildPcapng({ ticks: 1_700_000_000_123_000n }, frame)],
    ['pcapng, big-endian', buildPcapng({ littleEndian: false, ticks: 1_700_000_000_123_000n }, frame)],
    ['pcapng, obsolete packets', buildPcapng({ blocks: 'obsolete', ticks: 1_700_000_000_123_000n }, frame)],
    ['pcapng, nanoseconds', buildPcapng({ resolution: 9, ticks: 1_700_000_000_123_000_000n }, frame)],
    [
      'pcapng, halves to the tenth',
      buildPcapng({ resolution: 0x8a, ticks: 1_700_000_000n * 1_024n + 126n }, frame),
    ],
  ])('%s', (_name, file) => {
    expect(isCapture(file)).toBe(true);
    expect(read(file)).toEqual({
      datagrams: [
        {
          timeMs: 1_700_000_000_123,
          source: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1),
          sourcePort: 40_000,
          destinationPort: 2_055,
          payload,
          cutShort: false,
        },
      ],
      problems: {},
    });
  });

  it('pcapng: simple packets have no time', () => {
    const { datagrams } = read(buildPcapng({ blocks: 'simple' }, frame, frame));
    expect(datagrams.map(({ timeMs }) => timeMs)).toEqual([0, 0]);
  });

  it('pcapng: a second section has interfaces and a byte order of its own', () => {
    const file = concat(buildPcapng({}, frame), buildPcapng({ littleEndian: false, linkType: 101 }, overV4));
    expect(read(file)).toMatchObject({ datagrams: [{ payload }, { payload }], problems: {} });
  });

  it('pcapng: blocks of other kinds are stepped over', () => {
    const statistics = Uint8Array.of(5, 0, 0, 0, 16, 0, 0, 0, 1, 2, 3, 4, 16, 0, 0, 0);
    const file = concat(buildPcapng({}, frame), statistics);
    expect(read(file)).toMatchObject({ datagrams: [{ payload }], problems: {} });
  });
});

describe('times', () => {
  it.each([250_000n, 249_999n, 1_000n, 999n])('pcapng: %s µs are rounded down, exactly', (micros) => {
    for (const [resolution, scale] of [
      [6, 1n],
      [9, 1_000n],
    ] as const) {
      const ticks = (1_700_000_000_000_000n + micros) * scale;
      const [datagram] = read(buildPcapng({ resolution, ticks }, frame)).datagrams;
      expect(datagram?.timeMs).toBe(1_700_000_000_000 + Number(micros / 1_000n));
    }
  });
});

describe('link layers', () => {
  const pppoe = (protocol: number, packet: Uint8Array): Uint8Array =>
    concat(Uint8Array.of(0x11, 0, 0, 9, 0, packet.length + 2, 0, protocol), packet);
  /** The label with number 7, the last one or not. */
  const label = (isLast: 0 | 1): Uint8Array => Uint8Array.of(0, 0, 0x70 | isLast, 64);
  const little = (family: number): Uint8Array => Uint8Array.of(family, 0, 0, 0);
  const big = (family: number): Uint8Array => Uint8Array.of(0, 0, 0, family);
  it.each([
    ['Ethernet', 1, frame],
    ['Ethernet with IPv6', 1, ethernet(0x86dd, overV6)],
    ['802.1Q', 1, ethernet(0x8100, vlanTag(7, 0x0800, overV4))],
    ['802.1Q in 802.1ad', 1, ethernet(0x88a8, vlanTag(7, 0x8100, vlanTag(8, 0x86dd, overV6)))],
    ['PPPoE', 1, ethernet(0x8864, pppoe(0x0021, overV4))],
    ['PPPoE in 802.1Q with IPv6', 1, ethernet(0x8100, vlanTag(7, 0x8864, pppoe(0x0057, overV6)))],
    ['MPLS, two labels', 1, ethernet(0x8847, concat(label(0), label(1), overV4))],
    ['MPLS in 802.1Q with IPv6', 1, ethernet(0x8100, vlanTag(7, 0x8847, concat(label(1), overV6)))],
    ['PPP', 9, concat(Uint8Array.of(0xff, 3, 0, 0x21), overV4)],
    ['PPP without address and control, the protocol in one byte', 9, concat(Uint8Array.of(0x57), overV6)],
    ['PPP with MPLS', 50, concat(Uint8Array.of(0xff, 3, 2, 0x81), label(1), overV4)],
    ['HDLC of Cisco', 104, concat(Uint8Array.of(0x0f, 0, 8, 0), overV4)],
    ['Linux cooked', 113, concat(zeros(14), Uint8Array.of(8, 0), overV4)],
    ['Linux cooked, tagged', 113, concat(zeros(14), Uint8Array.of(0x81, 0), vlanTag(7, 0x0800, overV4))],
    ['Linux cooked 2', 276, concat(Uint8Array.of(0x86, 0xdd), zeros(18), overV6)],
    ['raw', 101, overV4],
    ['raw IPv6', 229, overV6],
    ['loopback, little-endian', 0, concat(little(2), overV4)],
    ['loopback, big-endian', 0, concat(big(30), overV6)],
    ['loopback of OpenBSD', 108, concat(big(24), overV6)],
  ])('%s', (_name, linkType, packet) => {
    expect(read(buildPcap({ linkType }, packet))).toMatchObject({ datagrams: [{ payload }], problems: {} });
  });

  it.each([
    ['a pseudowire, whose control word is no version of IP', concat(label(1), zeros(4), frame), 'not-ip'],
    ['labels without an end', concat(label(0), label(0)), 'broken-packet'],
    ['a label and nothing behind it', label(1), 'broken-packet'],
  ])('MPLS with %s', (_what, content, problem) => {
    const { datagrams, problems } = read(buildPcap({}, ethernet(0x8847, content)));
    expect(datagrams).toEqual([]);
    expect(problems).toEqual({ [problem]: 1 });
  });

  it.each([
    ['LCP', Uint8Array.of(0xff, 3, 0xc0, 0x21, 1, 1, 0, 4), 'not-ip'],
    ['a frame cut short', Uint8Array.of(0xff, 3, 0), 'broken-packet'],
    ['a frame of one byte', Uint8Array.of(0xff), 'broken-packet'],
  ])('PPP with %s', (_what, packet, problem) => {
    expect(read(buildPcap({ linkType: 9 }, packet)).problems).toEqual({ [problem]: 1 });
  });
});

describe('IP', () => {
  const inFrame = (packet: Uint8Array): Reading => read(buildPcap({ linkType: 101 }, packet));

  it('IPv4 with options', () => {
    expect(inFrame(ipv4({ options: zeros(8) }, udp({}, payload)))).toMatchObject({
      datagrams: [{ payload }],
    });
  });

  it('the padding of a short frame is no payload', () => {
    expect(inFrame(concat(overV4, zeros(20))).datagrams[0]?.payload).toEqual(payload);
  });

  it('IPv6 with extension headers: hop-by-hop, authentication, destination', () => {
    const hopByHop = Uint8Array.of(51, 1, ...zeros(14));
    const authentication = Uint8Array.of(60, 1, ...zeros(10));
    const destination = Uint8Array.of(17, 0, ...zeros(6));
    const packet = ipv6({ nextHeader: 0 }, concat(hopByHop, authentication, destination, udp({}, payload)));
    expect(inFrame(packet)).toMatchObject({ datagrams: [{ payload }], problems: {} });
  });

  it('an IPv6 fragment that is the whole packet', () => {
    const atomic = Uint8Array.of(17, 0, 0, 0, 1, 2, 3, 4);
    expect(inFrame(ipv6({ nextHeader: 44 }, concat(atomic, udp({}, payload))))).toMatchObject({
      datagrams: [{ payload }],
    });
  });

  it('a packet that was captured in part gives the part, and is counted', () => {
    expect(inFrame(overV4.subarray(0, overV4.length - 2))).toMatchObject({
      datagrams: [{ payload: payload.subarray(0, 3), cutShort: true }],
      problems: { 'packet-cut-short': 1 },
    });
  });
});

describe('what is no datagram is counted by kind', () => {
  const first = Uint8Array.of(17, 0, 0, 1, 1, 2, 3, 4);
  it.each([
    ['IPv4, first fragment', 101, ipv4({ fragment: 0x2000 }, udp({}, payload)), 'ip-fragment'],
    ['IPv4, later fragment', 101, ipv4({ fragment: 185 }, payload), 'ip-fragment'],
    ['IPv6, first fragment', 101, ipv6({ nextHeader: 44 }, concat(first, udp({}, payload))), 'ip-fragment'],
    ['TCP', 101, ipv4({ protocol: 6 }, zeros(20)), 'not-udp'],
    ['ICMPv6', 101, ipv6({ nextHeader: 58 }, zeros(20)), 'not-udp'],
    ['ARP', 1, ethernet(0x0806, zeros(28)), 'not-ip'],
    ['AppleTalk on loopback', 0, concat(Uint8Array.of(16, 0, 0, 0), zeros(30)), 'not-ip'],
    ['a radio', 105, zeros(60), 'unknown-link-type'],
    ['half an Ethernet header', 1, zeros(9), 'broken-packet'],
    ['LCP in PPPoE', 1, ethernet(0x8864, Uint8Array.of(0x11, 0, 0, 9, 0, 4, 0xc0, 0x21, 9, 0)), 'not-ip'],
    ['half a PPPoE header', 1, ethernet(0x8864, zeros(7)), 'broken-packet'],
    ['half a tag', 1, ethernet(0x8100, zeros(2)), 'broken-packet'],
    ['no IP behind Ethernet', 1, ethernet(0x0800, zeros(0)), 'broken-packet'],
    ['IP version 5', 101, Uint8Array.of(0x55, ...zeros(40)), 'broken-packet'],
    ['an IPv4 header of 16 bytes', 101, Uint8Array.of(0x44, ...zeros(40)), 'broken-packet'],
    ['half an IPv6 header', 101, Uint8Array.of(0x60, ...zeros(20)), 'broken-packet'],
    [
      'an extension header beyond the end',
      101,
      ipv6({ nextHeader: 0 }, Uint8Array.of(17, 200, ...zeros(6))),
      'broken-packet',
    ],
    ['half a UDP header', 101, ipv4({}, zeros(4)), 'broken-packet'],
    ['a UDP length below its header', 101, ipv4({}, udp({ lengthBytes: 7 }, payload)), 'broken-packet'],
    ['a UDP length beyond IP', 101, ipv4({}, udp({ lengthBytes: 900 }, payload)), 'broken-packet'],
  ])('%s', (_name, linkType, packet, problem) => {
    expect(read(buildPcap({ linkType }, packet, packet))).toEqual({
      datagrams: [],
      problems: { [problem]: 2 },
    });
    expect(read(buildPcapng({ linkType }, packet, packet)).problems).toEqual({ [problem]: 2 });
  });

  const pcap = buildPcap({}, frame);
  const pcapng = buildPcapng({}, frame);
  const withWord = (file: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = file.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  it.each([
    ['no bytes', zeros(0), 'not-a-capture'],
    ['text', new TextEncoder().encode('not a capture at all'), 'not-a-capture'],
    ['half a file header', pcap.subarray(0, 20), 'file-cut-short'],
    ['half a record header', pcap.subarray(0, 30), 'file-cut-short'],
    ['half a packet', pcap.subarray(0, 50), 'file-cut-short'],
    ['a section header of another byte order', withWord(pcapng, 8, 0x12345678), 'broken-block'],
    ['a section header cut short', pcapng.subarray(0, 10), 'file-cut-short'],
    ['a block of 8 bytes', withWord(pcapng, 32, 8), 'broken-block'],
    ['a block that is no multiple of four', withWord(pcapng, 32, 21), 'broken-block'],
    ['a block cut short', pcapng.subarray(0, 60), 'file-cut-short'],
    ['a packet longer than its block', withWord(pcapng, 68, 4_000), 'broken-block'],
    ['a packet of the second of one interfaces', withWord(pcapng, 56, 1), 'unknown-interface'],
  ])('%s', (_name, file, problem) => {
    expect(read(file)).toEqual({ datagrams: [], problems: { [problem]: 1 } });
  });

  it('a length of gigabytes is stepped over, not kept', () => {
    expect(read(withWord(pcap, 32, 0xffff_ffff)).problems).toEqual({
      'oversized-packet': 1,
      'file-cut-short': 1,
    });
    expect(read(withWord(pcapng, 52, 0xffff_fffc)).problems).toEqual({
      'oversized-packet': 1,
      'file-cut-short': 1,
    });
  });

  it('what follows an oversized packet is read', () => {
    const file = concat(buildPcap({}, zeros(1_048_577)), buildPcap({}, frame).subarray(24));
    expect(read(file)).toMatchObject({ datagrams: [{ payload }], problems: { 'oversized-packet': 1 } });
  });
});

describe('whatever the bytes', () => {
  const valid = fc.constantFrom(
    buildPcap({}, frame, ethernet(0x8100, vlanTag(7, 0x86dd, overV6))),
    buildPcap({ linkType: 113, littleEndian: false }, concat(zeros(14), Uint8Array.of(8, 0), overV4)),
    buildPcapng(
      { resolution: 9 },
      frame,
      ethernet(
        0x86dd,
        ipv6({ nextHeader: 0 }, concat(Uint8Array.of(17, 0, 0, 0, 0, 0, 0, 0), udp({}, payload))),
      ),
    ),
    buildPcapng(
      { littleEndian: false, blocks: 'simple', linkType: 0 },
      concat(Uint8Array.of(2, 0, 0, 0), overV4),
    ),
  );
  const damaged = fc
    .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.nat(400))
    .map(([file, changes, cut]) => {
      const copy = file.slice(0, Math.max(0, file.length - (cut > 200 ? 0 : cut)));
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return copy;
    });

  it('nothing is thrown, and times and payloads are sound', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (file) => {
        for (const datagram of read(file).datagrams) {
          expect(new Date(datagram.timeMs).getTime()).toBe(datagram.timeMs);
          expect(datagram.source).toHaveLength(16);
          expect(datagram.payload.length).toBeLessThanOrEqual(file.length);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('how the file is cut into chunks makes no difference', () => {
    fc.assert(
      fc.property(damaged, fc.integer({ min: 1, max: 64 }), (file, chunkBytes) => {
        expect(read(file, chunkBytes)).toEqual(read(file));
      }),
      { numRuns: 1_000 },
    );
  });
});
