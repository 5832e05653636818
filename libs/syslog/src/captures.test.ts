import { capturesFolder } from '@fairlead/testkit';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder, decodeSyslogText, type ParsedMessage, readSyslog, toIsoTime } from './index.ts';

const captures = capturesFolder();
const folder = (...names: string[]): string => join(captures.path, 'syslog', ...names);
const linesOf = (...names: string[]): string[] => readFileSync(folder(...names), 'utf8').split('\n');
const filesOf = (name: string): string[] => (captures.met ? readdirSync(folder(name)) : ['-']);
const read = (line: string): ParsedMessage => readSyslog(line, { isRouter: false });

/** The year of telegraf's test run, and UTC. */
const defaults = { yearOf: () => 2026, offsetMinutesOf: () => 0 };
const isoTimeOf = ({ time }: ParsedMessage): string => (time && toIsoTime(time, defaults)) ?? '';

describe('lines of RouterOS that a relay wrote (crowdsec)', () => {
  const fields: Readonly<Record<string, string>> = {
    tag: 'prefix',
    chain: 'chain',
    if_in: 'inInterface',
    if_out: 'outInterface',
    connection_state: 'connectionState',
    src_mac: 'srcMac',
    proto: 'protocol',
    source_ip: 'srcAddress',
    src_port: 'srcPort',
    dst_ip: 'dstAddress',
    dst_port: 'dstPort',
    length: 'lengthBytes',
  };
  const loginFields: Readonly<Record<string, string>> = { invalid_user: 'user', source_ip: 'address' };

  it('say what crowdsec reads in them', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const messages = linesOf('crowdsec', 'mikrotik-logs.log').filter(Boolean).map(read);
    expect(messages).toHaveLength(7);
    const claim =
      /^results\["s01-parse"\]\["[^"]*mikrotik-logs"\]\[(\d+)\]\.Evt\.Parsed\["(\w+)"\] == "(.*)"$/;
    let checked = 0;
    for (const line of linesOf('crowdsec', 'mikrotik-logs.parser.assert')) {
      const [, index, name = '', value] = claim.exec(line) ?? [];
      const message = messages[Number(index)];
      if (!message) continue;
      const event: Readonly<Record<string, unknown>> = { ...message.event };
      const field = event['kind'] === 'login-failure' ? loginFields[name] : fields[name];
      if (field !== undefined) expect(String(event[field])).toBe(value);
      else if (name === 'topics') expect(message.topics.join(',')).toBe(value);
      else if (name === 'timestamp') expect(isoTimeOf(message)).toBe(value);
      else continue;
      checked += 1;
    }
    expect(checked).toBeGreaterThan(70);
  });
});

describe('/log print of RouterOS (ntc-templates)', () => {
  it('says what ntc-templates reads in it', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const name = 'mikrotik_routeros_log_print_detail_without-paging';
    const messages = linesOf('ntc', `${name}.raw`)
      .filter((line) => line.trim() !== '')
      .map(read);
    const expected = readFileSync(folder('ntc', `${name}.yml`), 'utf8');
    // The first of the eight lines is missing in the expectation, because its template drops it.
    const listed = [
      ...expected.matchAll(/topic: "(.*)"\n +message: "(.*)"\n +datetime: "(\w+)\/(\d+) (.*)"/g),
    ];
    expect(messages).toHaveLength(8);
    expect(listed).toHaveLength(7);
    for (const [index, [, topics = '', message, , day = '', time = '']] of listed.entries()) {
      const parsed = messages[index + 1];
      expect(parsed).toMatchObject({ format: 'routeros-print', topics: topics.split(','), message });
      expect(parsed && isoTimeOf(parsed)).toBe(`2026-07-${day}T${time}Z`);
    }
    expect(messages.map(({ event }) => event?.kind)).toEqual([
      ...Array.from({ length: 5 }, () => 'script'),
      'link-down',
      'link-up',
      'dhcp-client-bound',
    ]);
  });
});

/**
 * Renderings after each input: `PRI,facility,severity,time,host,program,tag,message`; without the time in
 * `parse-nodate`, of the time only in `ts3164`. `~H` is the receiver's own name.
 */
describe('the test bench of rsyslog', () => {
  it.for(filesOf('rsyslog').filter((name) => name.endsWith('.ts3164')))('%s', (name, context) => {
    if (!captures.met) context.skip(captures.reason);
    const [input = '', expected = ''] = linesOf('rsyslog', name);
    const [month = '', day = '', clock = ''] = expected.split(/ +/);
    const date = new Date(`${day} ${month} 2026 ${clock}Z`).toISOString();
    expect(isoTimeOf(read(input))).toBe(date.replace('.000', ''));
    expect(read(input)).toMatchObject({ hostname: '172.20.245.8', appName: 'TAG', message: 'MSG' });
  });

  const files = filesOf('rsyslog').filter((name) => name.includes('.parse'));
  it.for(files)('%s', (name, context) => {
    if (!captures.met) context.skip(captures.reason);
    const all = linesOf('rsyslog', name);
    while (all.at(-1) === '') all.pop();
    const lines = all.filter((line) => !line.startsWith('#'));
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const input = lines[at] ?? '';
      const values = (lines[at + 1] ?? '').split(',');
      if (name.endsWith('.parse-nodate')) values.splice(3, 0, '');
      const [priority, , , time = '', hostname = '', program = '', tag = '', ...rest] = values;
      const parsed = read(input);
      const text = rest.join(',');

      // Its program and tag have commas in them, which the rendering does not tell from its own.
      if (name === 'malformed1.parse1') {
        expect(parsed).toMatchObject({ hostname: '10.321.1.123', message: '05",result_code=200,b' });
        continue;
      }

      // Without a PRI rsyslog assumes 13. We do not say what nobody said, and take no word of plain text for a tag.
      if (!input.startsWith('<')) {
        expect(parsed).toEqual({ format: 'unparsed', topics: [], message: input });
        continue;
      }
      expect((parsed.facility ?? 0) * 8 + (parsed.severity ?? 0)).toBe(Number(priority));
      // The receiver's own name is not the sender's.
      expect(parsed.hostname).toBe(hostname === '~H' ? undefined : hostname);
      const [month = '', day = '', clock = ''] = time.split(/ +/);
      const seconds =
        clock === '' ? '' : new Date(`${day} ${month} 2001 ${clock}Z`).toISOString().slice(5, 19);
      expect(isoTimeOf(parsed).slice(5, 19)).toBe(seconds);
      if (parsed.format === 'rfc5424') {
        const processId = parsed.processId === undefined ? '' : `[${parsed.processId}]`;
        expect(`${parsed.appName ?? ''}${processId}`).toBe(tag);
        expect(parsed.message).toBe(text);
      } else if (tag.endsWith(':')) {
        expect(parsed.appName).toBe(program);
        expect(parsed.message).toBe(text.replace(/^ /, ''));
      } else {
        // rsyslog takes the first word for the tag even where no colon ends it; RouterOS sends no tag at all.
        expect(parsed.appName).toBeUndefined();
        expect(parsed.message).toBe(`${tag}${text}`.trimEnd());
      }
    }
  });
});

/** Values of telegraf's line protocol, tags and fields alike. */
function readLineProtocol(line: string): Map<string, string> {
  const pairs = line.matchAll(/[, ]([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^, ]*))/gs);
  return new Map(
    [...pairs].map(([, name = '', quoted, plain = '']) => [
      name,
      quoted?.replace(/\\(["\\n])/g, (_all, c) => (c === 'n' ? '\n' : String(c))) ?? plain,
    ]),
  );
}

describe('the test cases of telegraf', () => {
  it.for(filesOf('telegraf'))('%s', (name, context) => {
    if (!captures.met) context.skip(captures.reason);
    const input = readFileSync(folder('telegraf', name, 'input.txt'));
    const frames = createFrameDecoder({ maxMessageBytes: 65_536, splitAtPri: true });
    const messages = [...frames.push(input), ...frames.end()].map((bytes) => read(decodeSyslogText(bytes)));
    expect(messages).toHaveLength(1);
    const [parsed] = messages;

    // `<1>2`: PRI and version, and there it ends. Strict telegraf keeps nothing of it and says why, best-effort telegraf
    // keeps the PRI. We have one way, best effort, for UDP and for a connection that ends within a message: the PRI, and
    // the rest as text, because a number alone is no header of RFC 5424.
    if (/incomplete|underflow/.test(name)) {
      expect(parsed).toEqual({ format: 'rfc3164', facility: 0, severity: 1, topics: [], message: '2' });
      return;
    }
    const expected = readLineProtocol(readFileSync(folder('telegraf', name, 'expected.out'), 'utf8'));
    expect(parsed).toMatchObject({
      format: expected.has('version') ? 'rfc5424' : 'rfc3164',
      facility: Number.parseInt(expected.get('facility_code') ?? '', 10),
      severity: Number.parseInt(expected.get('severity_code') ?? '', 10),
      message: expected.get('message') ?? '',
    });
    expect(parsed?.hostname).toBe(expected.get('hostname'));
    expect(parsed?.appName).toBe(expected.get('appname'));
    expect(parsed?.processId).toBe(expected.get('procid'));
    expect(parsed?.messageId).toBe(expected.get('msgid'));
    const timestamp = expected.get('timestamp');
    if (timestamp === undefined) expect(parsed?.time).toBeUndefined();
    else
      expect(Date.parse(parsed ? isoTimeOf(parsed) : '')).toBe(
        Number(BigInt(timestamp.slice(0, -1)) / 1_000_000n),
      );
    for (const { element, name: parameter, value } of parsed?.structuredData ?? []) {
      if (parameter === '') expect(expected.get(element)).toBe('true');
      else expect(expected.get(`${element}_${parameter}`)).toBe(value);
    }
  });
});
