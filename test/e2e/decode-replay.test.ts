import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmbeddedLog } from '@fairlead/event-log';
import { addressToBytes, encodeFrames, type RawDatagram } from '@fairlead/model';
import { buildSet, buildV9, bytes, templateRecord } from '@fairlead/netflow/testing';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFairlead } from './support/fairlead-process.ts';

const MINUTE_MS = 60_000;
/** When the log begins; old enough for no test to depend on the hour. */
const START_MS = Date.now() - 20 * 60 * MINUTE_MS;
const isoTime = (minute: number): string => new Date(START_MS + minute * MINUTE_MS).toISOString();

const template = buildV9({}, buildSet(0, templateRecord(256, [[1, 4]])));
const data = (flowBytes: number): Uint8Array => buildV9({}, buildSet(256, bytes([flowBytes, 4])));

describe('fairlead replay', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  // A record a minute: a template, and then flows of as many bytes as minutes have gone by; 0 stands for the template.
  // Two hours and a half in, the template comes again.
  beforeAll(async () => {
    const directory = join(folder.path, 'log');
    mkdirSync(directory);
    let nowMs = START_MS;
    const log = await createEmbeddedLog({
      directory,
      clock: { nowMs: () => nowMs, monotonicMs: () => performance.now() },
    });
    const { name, codec } = topics.rawNetflow;
    await log.ensureTopics([topics.rawNetflow]);
    const append = (value: Uint8Array, exporter = '192.0.2.1'): Promise<unknown> =>
      log.append([{ topic: name, key: exporter, value }]);
    const raw = (payload: Uint8Array, exporter = '192.0.2.1'): Uint8Array =>
      encodeFrames<RawDatagram>(codec, [
        { timeMs: nowMs, exporter: addressToBytes(exporter), exporterPort: 2_055, router: 'gw1', payload },
      ]);
    for (let minute = 0; minute < 180; minute += 1) {
      nowMs = START_MS + minute * MINUTE_MS;
      await append(raw(minute === 0 || minute === 150 ? template : data(minute)));
    }
    await append(Uint8Array.of(200, 1));
    await append(raw(data(5), '192.0.2.2'), '192.0.2.2');
    await log.close();
  });

  interface Outcome {
    readonly exitCode: number | string;
    readonly flowBytes: number[];
    readonly totals: unknown;
  }

  async function replay(since: string): Promise<Outcome> {
    const { exitCode, stdout, stderr } = await runFairlead([
      'replay',
      'raw.netflow',
      '--json',
      '--since',
      since,
      '--data-directory',
      folder.path,
    ]);
    const records = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { flow: { router: string; bytes: number } });
    expect(records.every(({ flow }) => flow.router === 'gw1')).toBe(true);
    return {
      exitCode,
      flowBytes: records.map(({ flow }) => flow.bytes),
      totals: JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? ''),
    };
  }

  it('decodes everything from a moment on, by a template from before it', async () => {
    const { exitCode, flowBytes, totals } = await replay(isoTime(170));
    expect(exitCode).toBe(0);
    expect(flowBytes).toEqual([170, 171, 172, 173, 174, 175, 176, 177, 178, 179]);
    expect(totals).toEqual({
      datagrams: 11,
      flows: 10,
      options: 0,
      templates: 1,
      problems: { 'broken-record': 1, 'template-missing': 1 },
    });
  });

  it('what stood before the range is not shown, even when its template came within', async () => {
    const { flowBytes } = await replay(isoTime(149));
    expect(flowBytes[0]).toBe(149);
    expect(flowBytes).toHaveLength(30);
  });

  it('changes nothing: the same answer again, also for how long ago', async () => {
    const first = await replay('2d');
    expect(first.flowBytes).toHaveLength(178);
    expect(await replay('2d')).toEqual(first);
  });

  it('with --until ends before that', async () => {
    const { stdout } = await runFairlead([
      ...['replay', 'raw.netflow', '--json', '--data-directory', folder.path],
      ...['--since', isoTime(170), '--until', isoTime(172)],
    ]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  describe('with --write', () => {
    async function write(
      ...args: string[]
    ): Promise<{ exitCode: number | string; report: unknown; stderr: string }> {
      const { exitCode, stderr } = await runFairlead(['replay', 'raw.netflow', '--write', ...args]);
      const last = stderr.trimEnd().split('\n').at(-1) ?? '';
      return { exitCode, stderr, report: last.startsWith('{') ? JSON.parse(last) : undefined };
    }

    async function sql(statement: string): Promise<string> {
      const { stdout } = await runFairlead([
        'sql',
        statement,
        '--format',
        'CSV',
        '--data-directory',
        folder.path,
      ]);
      return stdout.trimEnd();
    }

    const here = ['--data-directory', folder.path];
    const inWindow = ['--since', isoTime(170), '--until', isoTime(175)];

    it('stores first what the pipeline left undone, and only counts when dry', async () => {
      expect(await write('--dry-run', ...inWindow, ...here)).toMatchObject({
        exitCode: 0,
        report: { rowsBefore: 5, rowsAfter: 5, impossibleFlows: 0, brokenRecords: 1, written: false },
      });
      expect(await sql('SELECT count(), min(bytes), max(bytes), max(sampling_rate) FROM flows')).toBe(
        '178,1,179,1',
      );
    });

    it('replaces the flows of the window by what the decoder says now, also twice', async () => {
      const config = join(folder.path, 'fairlead.yaml');
      writeFileSync(
        config,
        [`dataDirectory: ${folder.path}`, 'flowDecoder:', "  samplingRates: { '192.0.2.1': 100 }", ''].join(
          '\n',
        ),
      );
      for (let time = 0; time < 2; time += 1) {
        expect(await write(...inWindow, '--config', config)).toMatchObject({
          exitCode: 0,
          report: { rowsBefore: 5, rowsAfter: 5, written: true },
        });
      }
      expect(
        await sql('SELECT sampling_rate, count(), min(bytes), max(bytes) FROM flows GROUP BY 1 ORDER BY 1'),
      ).toBe('1,173,1,179\n100,5,170,174');
    });

    it('is refused while a pipeline runs there, and what it needs is told', async () => {
      const runFile = join(folder.path, 'run', '1.json');
      mkdirSync(join(folder.path, 'run'), { recursive: true });
      const running = { pid: process.pid, url: 'http://127.0.0.1:8080', services: [] };
      writeFileSync(runFile, JSON.stringify(running));
      try {
        const { exitCode, stderr } = await write(...inWindow, ...here);
        expect({ exitCode, stderr }).toEqual({
          exitCode: 1,
          stderr: expect.stringContaining(`process ${process.pid} runs on`) as string,
        });
      } finally {
        rmSync(runFile);
      }
    });

    it('needs the embedded log and store, and --dry-run needs it', async () => {
      const kafka = join(folder.path, 'kafka.yaml');
      writeFileSync(kafka, 'eventLog: { kind: kafka, brokers: [127.0.0.1:9092] }\n');
      const [onKafka, dryAlone] = await Promise.all([
        write(...inWindow, '--config', kafka),
        runFairlead(['replay', 'raw.netflow', '--since', '1h', '--dry-run']),
      ]);
      expect([onKafka.exitCode, dryAlone.exitCode]).toEqual([2, 2]);
    });
  });

  it('other topics, and times that are none, are mistakes of the command line', async () => {
    const other = await runFairlead(['replay', 'flows', '--since', '1h', '--data-directory', folder.path]);
    expect(other).toMatchObject({
      exitCode: 2,
      stderr: 'fairlead: only raw.netflow can be replayed, not "flows"\n',
    });
    expect(await runFairlead(['replay', 'raw.netflow', '--since', 'tuesday'])).toMatchObject({ exitCode: 2 });
    expect(await runFairlead(['replay', 'raw.netflow'])).toMatchObject({ exitCode: 2 });
  });
});
