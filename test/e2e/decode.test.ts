import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
} from '@fairlead/netflow/testing';
import { buildPcap, buildPcapng, ethernet, ipv4, ipv6, udp, vlanTag } from '@fairlead/pcap/testing';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { runFairlead } from './support/fairlead-process.ts';
import { netflow5 } from './support/netflow5.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

interface Outcome {
  readonly exitCode: number | string;
  readonly records: { readonly [field: string]: unknown }[];
  /** What standard error says before the totals. */
  readonly talk: string;
  readonly totals: unknown;
}

async function decode(...files: readonly string[]): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await runFairlead(['decode', '--json', ...files], {
    cwd: folder.path,
  });
  const lines = stderr.trimEnd().split('\n');
  return {
    exitCode,
    records: stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly [field: string]: unknown }),
    talk: lines.slice(0, -1).join('\n'),
    totals: JSON.parse(lines.at(-1) ?? ''),
  };
}

function file(name: string, content: Uint8Array): string {
  writeFileSync(join(folder.path, name), content);
  return name;
}

const v5 = netflow5('10.0.0.1', '198.51.100.7', 1_500);
const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** Bytes (1) of eight bytes, and destination port (11). */
const template = buildV9(
  {},
  buildSet(
    0,
    templateRecord(256, [
      [1, 8],
      [11, 2],
    ]),
  ),
);
const data = (port: number, ...counter: number[]): Uint8Array =>
  buildV9({}, buildSet(256, Uint8Array.from(counter), bytes([port, 2])));

describe('captures', () => {
  it('VLAN-tagged, stacked, over IPv6 and in pcapng', async () => {
    const tagged = ethernet(0x88a8, vlanTag(10, 0x8100, vlanTag(20, 0x0800, ipv4({}, udp({}, v5)))));
    const overIpv6 = ethernet(0x86dd, ipv6({}, udp({}, v5)));
    const { exitCode, records, totals } = await decode(
      file('tagged.pcap', buildPcap({}, tagged)),
      file('ipv6.pcapng', buildPcapng({ ticks: 1_700_000_000_250_000n }, overIpv6)),
    );
    expect(exitCode).toBe(0);
    expect(records.map(({ kind, version, exporter, template: id }) => [kind, version, exporter, id])).toEqual(
      [
        ['flow', 5, '192.0.2.1', null],
        ['flow', 5, '2001:db8::1', null],
      ],
    );
    expect(records[1]).toMatchObject({
      fields: {
        sourceIPv4Address: '10.0.0.1',
        destinationIPv4Address: '198.51.100.7',
        octetDeltaCount: 1_500,
      },
      flow: { timeMs: 1_700_000_000_250, srcAddress: '10.0.0.1', dstAddress: '198.51.100.7', bytes: 1_500 },
    });
    expect(totals).toEqual({ datagrams: 2, flows: 2, options: 0, templates: 0, problems: {} });
  });

  it('in nanoseconds', async () => {
    const frame = ethernet(0x0800, ipv4({}, udp({}, v5)));
    const { records } = await decode(
      file('nano.pcap', buildPcap({ nanoseconds: true, littleEndian: false, ticks: 987_654_321 }, frame)),
    );
    expect(records).toMatchObject([{ flow: { timeMs: 1_700_000_000_987 } }]);
  });

  it('what is no flow datagram is counted by kind', async () => {
    const capture = buildPcap(
      {},
      ethernet(0x0800, ipv4({ fragment: 0x2000 }, udp({}, v5))),
      ethernet(0x0800, ipv4({ fragment: 185 }, v5)),
      ethernet(0x0800, ipv4({ protocol: 6 }, v5)),
      ethernet(0x0806, new Uint8Array(28)),
      ethernet(0x0800, ipv4({}, udp({ destinationPort: 53 }, Uint8Array.of(0x12, 0x34, 1, 0)))),
      ethernet(0x0800, ipv4({}, udp({ destinationPort: 9_996 }, v5))),
    );
    const { exitCode, totals } = await decode(file('mixed.pcap', capture));
    expect(exitCode).toBe(0);
    expect(totals).toEqual({
      datagrams: 1,
      flows: 1,
      options: 0,
      templates: 0,
      problems: { 'not-netflow': 1, 'ip-fragment': 2, 'not-udp': 1, 'not-ip': 1 },
    });
  });

  it('each source is an exporter with templates of its own', async () => {
    const from = (last: number, payload: Uint8Array): Uint8Array =>
      ethernet(0x0800, ipv4({ source: [192, 0, 2, last] }, udp({}, payload)));
    const one = Array.from({ length: 8 }, () => 0);
    const { records, totals } = await decode(
      file(
        'two.pcap',
        buildPcap({}, from(1, template), from(1, data(53, ...one)), from(2, data(53, ...one))),
      ),
    );
    expect(records.map(({ exporter }) => exporter)).toEqual(['192.0.2.1']);
    expect(totals).toMatchObject({ datagrams: 3, flows: 1, problems: { 'template-missing': 1 } });
  });
});

describe('raw datagrams', () => {
  it('are one exporter, in the order of the files; 64-bit numbers stay exact', async () => {
    const { records, totals } = await decode(
      file('template.dat', template),
      file('small.dat', data(53, 0, 0, 0, 0, 0, 0, 0, 7)),
      file('large.bin', data(80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
    );
    expect(records.map(({ template: id, fields }) => ({ id, fields }))).toEqual([
      { id: 256, fields: { octetDeltaCount: 7, destinationTransportPort: 53 } },
      { id: 256, fields: { octetDeltaCount: '18446744073709551615', destinationTransportPort: 80 } },
    ]);
    expect(totals).toEqual({ datagrams: 3, flows: 2, options: 0, templates: 1, problems: {} });
  });

  it('options data is a record of its own kind, without a flow', async () => {
    const options = buildV9(
      {},
      buildSet(1, optionsTemplateRecord(257, [[1, 4]], [[34, 4]]), Uint8Array.of(0, 0)),
      buildSet(257, bytes([1, 4], [100, 4])),
    );
    const { records, totals } = await decode(file('options.dat', options));
    expect(records).toMatchObject([
      { kind: 'options', version: 9, template: 257, fields: { samplingInterval: 100 } },
    ]);
    expect(records[0]).not.toHaveProperty('flow');
    expect(totals).toMatchObject({ flows: 0, options: 1, templates: 1 });
  });

  it('JSON for a pipe unless it asks for lines to read', async () => {
    const piped = await runFairlead(['decode', file('line.dat', v5)], { cwd: folder.path });
    expect(JSON.parse(piped.stdout)).toMatchObject({ kind: 'flow', version: 5 });
    const { exitCode, stdout } = await runFairlead(['decode', '--no-json', file('line.dat', v5)], {
      cwd: folder.path,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toBe('- :: v5 10.0.0.1:0 -> 198.51.100.7:0 tcp, 3 packets, 1500 bytes, in 0, out 0\n');
  });
});

describe('sFlow', () => {
  it('is refused by its name, in a capture and as a file', async () => {
    const sflow = bytes([5, 4], [1, 4], [0xc0000201, 4], [0, 4], [1, 4], [60_000, 4], [0, 4]);
    const { exitCode, records, totals } = await decode(
      file('sflow.pcap', buildPcap({}, ethernet(0x0800, ipv4({}, udp({ destinationPort: 6_343 }, sflow))))),
      file('sflow.dat', sflow),
    );
    expect({ exitCode, records }).toEqual({ exitCode: 0, records: [] });
    expect(totals).toMatchObject({ datagrams: 2, flows: 0, problems: { sflow: 2 } });
  });
});

describe('an IPFIX file', () => {
  it('is messages one behind the other, of any number', async () => {
    const announced = buildIpfix(
      { domain: 3 },
      buildSet(
        2,
        templateRecord(256, [
          [1, 8],
          [11, 2],
        ]),
      ),
    );
    const message = buildIpfix({ domain: 3 }, buildSet(256, bytes([1_500, 8], [53, 2])));
    const many = Array.from({ length: 12_000 }, () => message);
    const cut = message.subarray(0, 20);
    const { records, totals } = await decode(file('many.ipfix', concat(announced, ...many, cut)));
    expect(records).toHaveLength(12_000);
    expect(records[0]).toMatchObject({
      version: 10,
      template: 256,
      flow: { observationDomain: 3, bytes: 1_500 },
    });
    expect(totals).toMatchObject({
      datagrams: 12_002,
      flows: 12_000,
      templates: 1,
      problems: { truncated: 1 },
    });
  });

  it('ends where no message begins', async () => {
    const message = buildIpfix({}, buildSet(2, templateRecord(256, [[1, 8]])));
    const { totals } = await decode(file('broken.ipfix', concat(message, new Uint8Array(20), message)));
    expect(totals).toMatchObject({ datagrams: 2, templates: 1, problems: { 'unsupported-version': 1 } });
  });
});

describe('hostile files', () => {
  it('are read as far as they go, and what is wrong is counted', async () => {
    const good = buildPcap({}, ethernet(0x0800, ipv4({}, udp({}, v5))));
    const hugeLength = good.slice();
    new DataView(hugeLength.buffer).setUint32(32, 0xffff_fff0, true);
    const { exitCode, records, totals } = await decode(
      file('empty.dat', new Uint8Array()),
      file(
        'noise.bin',
        Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 251),
      ),
      file('loop.dat', buildV9({}, Uint8Array.of(1, 0, 0, 0))),
      file('cut.pcap', concat(good, good.subarray(24, 60))),
      file('huge.pcap', hugeLength),
      file('endless.pcapng', concat(buildPcapng({}), Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0))),
    );
    expect(exitCode).toBe(0);
    expect(records).toHaveLength(1);
    expect(totals).toMatchObject({
      datagrams: 4,
      flows: 1,
      problems: {
        truncated: 1,
        'unsupported-version': 1,
        'set-length': 1,
        'file-cut-short': 2,
        'oversized-packet': 1,
        'broken-block': 1,
      },
    });
  });

  it('a file that is larger than any datagram is no reason to read it all', async () => {
    const name = join(folder.path, 'sparse.dat');
    const descriptor = openSync(name, 'w');
    writeSync(descriptor, v5);
    writeSync(descriptor, Uint8Array.of(0), 0, 1, 8 * 2 ** 30);
    closeSync(descriptor);
    const { exitCode, totals } = await decode(name);
    expect(exitCode).toBe(0);
    expect(totals).toMatchObject({ datagrams: 1, flows: 1, problems: { 'trailing-bytes': 2 } });
  });
});

describe('what cannot be read', () => {
  it('is said, the other files are decoded, and the exit code is 1', async () => {
    mkdirSync(join(folder.path, 'directory'));
    const { exitCode, talk, records, totals } = await decode(
      'nowhere.dat',
      'directory',
      file('text.pcap', Buffer.from('this is no capture')),
      file('empty.pcap', new Uint8Array()),
      file('packed.pcap.gz', gzipSync(buildPcap({}))),
      file('good.dat', v5),
    );
    expect(exitCode).toBe(1);
    expect(talk.split('\n')).toEqual([
      expect.stringMatching(/^fairlead: nowhere\.dat: ENOENT/),
      expect.stringMatching(/^fairlead: directory: EISDIR/),
      'fairlead: text.pcap: neither pcap nor pcapng',
      'fairlead: empty.pcap: empty',
      'fairlead: packed.pcap.gz: packed with gzip, unpack it first',
    ]);
    expect(records).toHaveLength(1);
    expect(totals).toMatchObject({ datagrams: 1 });
  });

  it('no file at all is a mistake of the command line', async () => {
    expect(await runFairlead(['decode'])).toMatchObject({ exitCode: 2 });
    expect(await runFairlead(['decode', '--jsn', 'x'])).toMatchObject({ exitCode: 2 });
  });

  it('a reader that leaves ends it quietly', async () => {
    const frame = ethernet(0x0800, ipv4({}, udp({}, v5)));
    const many = file('many.pcap', buildPcap({}, ...Array.from({ length: 5_000 }, () => frame)));
    const { stdout, stderr } = await inBash(
      `"\${fairlead[@]}" decode --json ${many} | head -n 1; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(1)).toEqual(['0', '']);
  });
});

it('a dash is standard input, a pipe as well as a file', async () => {
  const frame = ethernet(0x0800, ipv4({}, udp({}, v5)));
  const packed = file('standard.pcap.gz', gzipSync(buildPcap({}, frame, frame)));
  const { stdout, stderr } = await inBash(
    `zcat ${packed} | "\${fairlead[@]}" decode --json -; "\${fairlead[@]}" decode --json - < ${file('standard.dat', v5)}`,
  );
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([
    { datagrams: 2, flows: 2, problems: {} },
    { datagrams: 1, flows: 1, problems: {} },
  ]);
});

/** Runs a command in the folder of the files; `fairlead` stands for the command line. */
async function inBash(command: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const main = resolve(import.meta.dirname, '../../services/fairlead/src/main.ts');
  const child = spawn(
    'bash',
    [
      '-c',
      `fairlead=("$0" "$@"); ${command}`,
      process.execPath,
      '--import',
      import.meta.resolve('tsx'),
      main,
    ],
    { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  return { stdout, stderr };
}
