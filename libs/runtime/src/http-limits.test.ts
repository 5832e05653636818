import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { requirement, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { HttpServerConfig } from './http-config.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { createTelemetry } from './telemetry.ts';

const folder = temporaryFolder();
const running: HttpServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});
afterAll(() => folder.remove());

async function start(config: Partial<HttpServerConfig>): Promise<HttpServer> {
  const server = createHttpServer({ port: 0, ...config }, createTelemetry({ level: 'silent' }));
  running.push(server);
  await server.start();
  return server;
}

/** Status of a request that names a host of its own choice. */
const statusAs = (url: string, host: string): Promise<number> =>
  new Promise((settle, fail) => {
    get(url, { headers: { host } }, (answer) => {
      answer.resume();
      settle(answer.statusCode ?? 0);
    }).on('error', fail);
  });

it.each(['/metrics', '/healthz'])('%s answers to names that are ours, and to no other', async (path) => {
  const server = await start({ hosts: ['fairlead.noc.example'] });
  const url = new URL(path, server.url()).href;
  expect(await statusAs(url, 'fairlead.noc.example:9090')).toBe(200);
  expect(await statusAs(url, '127.0.0.1')).toBe(200);
  expect(await statusAs(url, 'evil.example')).toBe(421);
});

/** Makes a certificate for a name, in place of the one before. */
function makeCertificate(name: string): { certificate: string; key: string } {
  const [certificate, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat([
      '-subj',
      `/CN=${name}`,
      '-keyout',
      key,
      '-out',
      certificate,
    ]),
    { stdio: 'ignore' },
  );
  return { certificate, key };
}

/** Common name in the certificate that a new connection is shown. */
const nameShown = (port: number): Promise<string> =>
  new Promise((settle, fail) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      settle(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', fail);
  });

it('TLS: a new certificate is shown after a refresh, and one that is not sound changes nothing', async (ctx) => {
  const need = requirement('openssl');
  if (!need.met) ctx.skip(need.reason);
  const tls = makeCertificate('one.example');
  const server = await start({ tls });
  expect(server.url()).toMatch(/^https:/);
  const port = Number(new URL(server.url()).port);
  expect(await nameShown(port)).toBe('one.example');
  makeCertificate('two.example');
  expect(await nameShown(port)).toBe('one.example');
  await server.refresh();
  expect(await nameShown(port)).toBe('two.example');
  writeFileSync(tls.certificate, 'no certificate');
  await server.refresh();
  expect(await nameShown(port)).toBe('two.example');
});

it('TLS: a file that is not there is named, before anything listens', async () => {
  const server = createHttpServer(
    { port: 0, tls: { certificate: join(folder.path, 'absent.pem'), key: 'x' } },
    createTelemetry({ level: 'silent' }),
  );
  await expect(server.start()).rejects.toThrow(/http\.tls\.certificate: .*absent\.pem cannot be read/);
  await server.stop();
});

it('TLS: connections that never shake hands are let go', async (ctx) => {
  const need = requirement('openssl');
  if (!need.met) ctx.skip(need.reason);
  const server = await start({ tls: makeCertificate('one.example'), requestTimeoutMs: 1_000 });
  const socket = connectPlain(Number(new URL(server.url()).port), '127.0.0.1');
  let isEnded = false;
  socket.on('error', () => undefined);
  socket.on('close', () => (isEnded = true));
  socket.resume();
  await until('the end', () => isEnded);
});
