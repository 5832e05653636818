import { addressToBytes, DecoderStateEntry, decodeFrames, encodeFrames } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { createTemplateStore, decodeNetflow, type TemplateStore } from './index.ts';
import {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
} from './testing/build-v9.ts';
import { loadFamilies } from './testing/families.ts';

const STARTED_MS = 1_699_999_900_000;
const exportSeconds = 1_700_000_000;

function decode(datagram: Uint8Array, templates: TemplateStore) {
  return decodeNetflow(datagram, {
    timeMs: 1_700_000_000_000,
    exporter: addressToBytes('192.0.2.1'),
    router: '',
    templates,
  });
}

const start = (domain: number, startedMs = STARTED_MS): Uint8Array =>
  buildIpfix(
    { exportSeconds, domain },
    // An options template of IPFIX: id, fields, scope fields.
    buildSet(3, bytes([257, 2], [2, 2], [1, 2], [149, 2], [4, 2], [160, 2], [8, 2])),
    buildSet(257, bytes([domain, 4], [startedMs, 8])),
  );
const flow = (domain: number): Uint8Array =>
  buildIpfix(
    { exportSeconds, domain },
    buildSet(
      2,
      templateRecord(256, [
        [22, 4],
        [21, 4],
      ]),
    ),
    buildSet(256, bytes([90_000, 4], [95_000, 4])),
  );

const timed = { startMs: 1_699_999_990_000, endMs: 1_699_999_995_000 };
const untimed = { startMs: undefined, endMs: undefined };

describe('when options data says when the exporter started', () => {
  it('uptimes of that exporter and domain become times', () => {
    const templates = createTemplateStore();
    expect(decode(flow(1), templates).flows[0]).toMatchObject(untimed);
    decode(start(1), templates);
    expect(decode(flow(1), templates).flows[0]).toMatchObject(timed);
    expect(decode(flow(2), templates).flows[0]).toMatchObject(untimed);
  });

  it('the newest start counts, and one in the future is none', () => {
    const templates = createTemplateStore();
    decode(start(1, 1_000_000), templates);
    decode(start(1), templates);
    expect(decode(flow(1), templates).flows[0]).toMatchObject(timed);
    decode(start(1, exportSeconds * 1000 + 1), templates);
    expect(decode(flow(1), templates).flows[0]).toMatchObject(untimed);
  });

  it('it is remembered beside the templates', () => {
    const before = createTemplateStore();
    decode(start(1), before);
    const saved = decodeFrames(DecoderStateEntry, encodeFrames(DecoderStateEntry, before.entries()));
    expect(decode(flow(1), createTemplateStore({}, saved)).flows[0]).toMatchObject(timed);
  });

  it('a v9 header, which has the uptime itself, knows better', () => {
    const templates = createTemplateStore();
    decode(
      buildV9(
        { unixSeconds: exportSeconds, uptimeMs: 100_000 },
        buildSet(1, optionsTemplateRecord(257, [[1, 4]], [[160, 8]])),
        buildSet(257, bytes([0, 4], [1_000_000, 8])),
      ),
      templates,
    );
    const fields = templateRecord(256, [
      [22, 4],
      [21, 4],
    ]);
    const datagram = buildV9(
      { unixSeconds: exportSeconds, uptimeMs: 100_000 },
      buildSet(0, fields),
      buildSet(256, bytes([90_000, 4], [95_000, 4])),
    );
    expect(decode(datagram, templates).flows[0]).toMatchObject(timed);
  });
});

const captures = capturesFolder();

describe.each(['pmacct_112', 'pmacct_400'])('the flows of %s (IOS-XR)', (name) => {
  it('ended shortly before they were exported', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const family = loadFamilies(captures.path).find((each) => each.name === name);
    const templates = createTemplateStore();
    const agesSeconds = (family?.datagrams ?? []).flatMap((datagram) => {
      const exportedSeconds = new DataView(datagram.buffer, datagram.byteOffset).getUint32(4);
      return decode(datagram, templates).flows.map(({ endMs }) => exportedSeconds - (endMs ?? 0) / 1000);
    });
    expect(agesSeconds.length).toBeGreaterThan(0);
    for (const age of agesSeconds) expect(age).toSatisfy((seconds: number) => seconds > -2 && seconds < 120);
  });
});
