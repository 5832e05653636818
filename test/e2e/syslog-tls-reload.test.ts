import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { requirement, temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, expect, it } from 'vitest';
import {
  type FairleadProcess,
  readMetrics,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';

const run = promisify(execFile);
const need = requirement('openssl');
const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
let fairlead: FairleadProcess | undefined;
const sockets: TLSSocket[] = [];

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await fairlead?.stop();
  folder.remove();
});

/** Makes `NAME.crt` and `NAME.key`. */
const makePair = (name: string): Promise<unknown> =>
  run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}.example`, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)],
  ]);

/** The subject that a new connection is shown, by OpenSSL's account. */
async function subjectShownAt(port: number): Promise<string> {
  const session = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`]);
  let text = '';
  session.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  session.stdin?.end('Q\n');
  await once(session, 'close');
  return /subject=\s*CN\s*=\s*(\S+)/.exec(text)?.[1] ?? text;
}

it('SIGHUP shows a changed certificate to new connections; those under way go on', async (context) => {
  if (!need.met) return context.skip(need.reason);
  await Promise.all(['old', 'new', 'other'].map(makePair));
  const install = (certificate: string, key: string): void => {
    copyFileSync(at(`${certificate}.crt`), at('server.crt'));
    copyFileSync(at(`${key}.key`), at('server.key'));
  };
  install('old', 'old');
  writeFileSync(
    at('fairlead.yaml'),
    `dataDirectory: ${at('data')}
http: { port: 0 }
syslog: { port: 0, host: 127.0.0.1, tls: { port: 0, certificate: ${at('server.crt')}, key: ${at('server.key')} } }
`,
  );
  fairlead = startFairlead(['run', '--config', at('fairlead.yaml'), '--services', 'syslog-collector']);
  const { url } = await untilRunning(at('data'), fairlead);
  const port = Number(/"transport":"tls",.*?"port":(\d+)/.exec(fairlead.stderr())?.[1]);
  const metric = async (name: string): Promise<number> => (await readMetrics(url)).get(name) ?? 0;
  const untilStored = (count: number): Promise<unknown> =>
    until(
      `${count} messages are stored`,
      async () =>
        (await metric('fairlead_stored_total{service="syslog-collector",unit="messages"}')) === count,
    );
  const hangUp = async (outcome: string, times: number): Promise<void> => {
    process.kill(fairlead?.pid ?? 0, 'SIGHUP');
    const name = `fairlead_stream_certificate_readings_total{service="syslog-collector",outcome="${outcome}"}`;
    await until(`${times} readings are ${outcome}`, async () => (await metric(name)) === times);
  };

  expect(await subjectShownAt(port)).toBe('old.example');
  const inFlight = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  sockets.push(inFlight);
  await once(inFlight, 'secureConnect');
  inFlight.write('<30>Oct  2 17:36:35 gw one\n<30>Oct  2 17:36:35 gw half of');
  await untilStored(1);

  await hangUp('unchanged', 1);
  install('new', 'new');
  await hangUp('applied', 1);
  expect(await subjectShownAt(port)).toBe('new.example');
  // The message that had begun before is whole, and the connection has the certificate it began with.
  inFlight.write(' two\n');
  await untilStored(2);
  expect(inFlight.getPeerCertificate().subject.CN).toBe('old.example');

  install('new', 'other');
  await hangUp('refused', 1);
  expect(await subjectShownAt(port)).toBe('new.example');
  expect(fairlead.stderr()).toContain('syslog.tls.key');
  inFlight.end('<30>Oct  2 17:36:35 gw three\n');
  await untilStored(3);
});
