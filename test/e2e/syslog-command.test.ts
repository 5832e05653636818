import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { capturesFolder, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { runFairlead } from './support/fairlead-process.ts';

const MAIN = resolve(import.meta.dirname, '../../services/fairlead/src/main.ts');

describe('fairlead syslog', () => {
  const folder = temporaryFolder();
  const captures = capturesFolder();
  afterAll(() => {
    folder.remove();
  });

  /** Runs the command on a file with this text. */
  async function readText(
    text: string,
    ...options: string[]
  ): Promise<{ messages: unknown[]; totals: unknown }> {
    const file = join(folder.path, 'messages');
    writeFileSync(file, text);
    const { exitCode, stdout, stderr } = await runFairlead(['syslog', file, ...options]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const messages = stdout.split('\n').filter(Boolean);
    return { messages: messages.map((line) => JSON.parse(line) as unknown), totals: JSON.parse(stderr) };
  }

  it('prints an object for each message, with what the message says and nothing else', async () => {
    const { messages, totals } = await readText(
      [
        'system,error,critical login failure for user guest from 192.168.88.17 via ssh',
        '<30>Oct  2 17:36:35 gw ether1 link down',
        '<165>1 2003-08-24T05:14:15.000003-07:00 host app 8710 ID [a@1 __proto__="x" b="1" b="2"][c] text',
        '<1>1 - - - - - -',
        'anything',
      ].join('\n'),
      '--tz',
      'Europe/Istanbul',
      '--year',
      '2025',
    );
    expect(messages).toEqual([
      {
        format: 'routeros-default',
        topics: ['system', 'error', 'critical'],
        message: 'login failure for user guest from 192.168.88.17 via ssh',
        event: { kind: 'login-failure', user: 'guest', address: '192.168.88.17', via: 'ssh' },
      },
      {
        format: 'rfc3164',
        facility: 3,
        severity: 6,
        timestamp: '2025-10-02T17:36:35+03:00',
        host: 'gw',
        message: 'ether1 link down',
        event: { kind: 'link-down', interface: 'ether1' },
      },
      {
        format: 'rfc5424',
        facility: 20,
        severity: 5,
        timestamp: '2003-08-24T05:14:15.000003-07:00',
        host: 'host',
        appName: 'app',
        processId: '8710',
        messageId: 'ID',
        structuredData: { 'a@1': { ['__proto__']: 'x', b: ['1', '2'] }, c: {} },
        message: 'text',
      },
      { format: 'rfc5424', facility: 0, severity: 1 },
      { format: 'unparsed', message: 'anything' },
    ]);
    expect(totals).toEqual({
      messages: 5,
      events: 2,
      formats: { 'routeros-default': 1, rfc3164: 1, rfc5424: 2, unparsed: 1 },
      dropped: { 'too-long': 0 },
    });
  });

  it('takes a recorded TCP stream of RouterOS apart, if asked to', async () => {
    const stream = '<30>Oct  2 17:36:35 gw ether1 link down<30>Oct  2 17:36:36 gw ether1 link up';
    expect((await readText(stream)).messages).toHaveLength(1);
    expect((await readText(stream, '--framing', 'stream')).messages).toMatchObject([
      { event: { kind: 'link-down' } },
      { event: { kind: 'link-up' } },
    ]);
  });

  it('reads octet counts', async (context) => {
    if (!captures.met) return context.skip(captures.reason);
    const file = join(captures.path, 'syslog/telegraf/octet_counting_strict_tcp_1st_newline_ok/input.txt');
    const { stdout } = await runFairlead(['syslog', file]);
    expect(JSON.parse(stdout)).toEqual({
      format: 'rfc5424',
      facility: 0,
      severity: 1,
      message: 'hello\nworld',
    });
  });

  it('answers standard input line by line, and ends quietly when nobody reads any longer', async () => {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN, 'syslog', '-']);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.write('interface,info ether1 link down\ninterface,info eth');
    await until('the first line is answered', () => Promise.resolve(stdout.endsWith('\n')));
    expect(JSON.parse(stdout)).toMatchObject({ event: { kind: 'link-down', interface: 'ether1' } });

    const ended = once(child, 'close');
    child.stdout.destroy();
    const more = setInterval(() => child.stdin.write('script,info more\n'), 20);
    expect((await ended)[0]).toBe(0);
    clearInterval(more);
    expect(stderr).toBe('');
  });

  it('says what is wrong with a file, a zone or a year', async () => {
    const missing = await runFairlead(['syslog', join(folder.path, 'nowhere')]);
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(missing.stderr).toContain('no such file');
    expect(await runFairlead(['syslog', '-', '--tz', 'Mars'])).toMatchObject({ exitCode: 2 });
    expect(await runFairlead(['syslog', '-', '--year', '99'])).toMatchObject({ exitCode: 2 });
  });
});
