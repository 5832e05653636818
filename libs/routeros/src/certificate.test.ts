import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { requirement, temporaryFolder } from '@fairlead/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { judgeCertificate, type TlsTrust } from './certificate.ts';
import { CertificateError, ConnectionLostError } from './errors.ts';
import { openRouterSession } from './open-router-session.ts';
import { encodeSentence, SentenceDecoder } from './sentence.ts';

const presented = { fingerprint: 'AA:BB', authorized: false, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' };

describe('judgeCertificate', () => {
  it('takes a verified chain', () => judgeCertificate({}, { ...presented, authorized: true, problem: '' }));

  it('takes the pinned certificate, however the pin is written', () => {
    judgeCertificate({ fingerprint: 'aabb' }, presented);
    judgeCertificate({ fingerprint: 'AA:bb' }, presented);
  });

  it.each([
    ['an unverified chain', {}, presented],
    ['another certificate than the pinned one', { fingerprint: 'aabc' }, { ...presented, authorized: true }],
    [
      'the pinned certificate when the CA given beside it did not sign it',
      { fingerprint: 'aabb', ca: 'pem' },
      presented,
    ],
    ['no certificate', {}, { fingerprint: undefined, authorized: true, problem: '' }],
    [
      'no certificate, with a pin',
      { fingerprint: '' },
      { fingerprint: undefined, authorized: false, problem: '' },
    ],
  ])('refuses %s', (_what, trust, certificate) => {
    expect(() => judgeCertificate(trust, certificate)).toThrow(CertificateError);
  });
});

describe('a session over TLS', () => {
  const need = requirement('openssl');
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder.path, name);
  const pem = (name: string): string => readFileSync(file(name), 'utf8');
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder.path, stdio: 'ignore' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

  beforeAll(() => {
    if (!need.met) return;
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=Test CA',
      '-days',
      '2',
    );
    openssl('req', ...newKey, '-keyout', 'router.key', '-out', 'router.csr', '-subj', '/CN=router');
    writeFileSync(file('san'), 'subjectAltName=IP:127.0.0.1,DNS:gw1.example\n');
    openssl('x509', '-req', '-in', 'router.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
      '-out', 'router.pem', '-extfile', 'san', '-days', '2'); // prettier-ignore
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'self.key',
      '-out',
      'self.pem',
      '-subj',
      '/CN=router',
      '-days',
      '2',
    );
  });
  beforeEach((ctx) => (need.met ? undefined : ctx.skip(need.reason)));
  afterAll(() => folder.remove());

  let received: string[][];
  let stop: (() => void) | undefined;
  afterEach(() => stop?.());

  async function connect(options: TlsOptions, trust: TlsTrust): Promise<void> {
    received = [];
    const server = createServer(options, (socket) => {
      const decoder = new SentenceDecoder();
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Uint8Array) => {
        received.push(...decoder.push(chunk));
        socket.write(encodeSentence(['!done']));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stop = () => server.close();
    const { port } = server.address() as AddressInfo;
    const session = await openRouterSession(
      { address: '127.0.0.1', api: { port, user: 'u', password: 'p', tls: trust } },
      { allow: [], timeoutMs: 5_000 },
    );
    await session.close();
  }
  const signed = (): TlsOptions => ({ key: pem('router.key'), cert: pem('router.pem') });
  const selfSigned = (): TlsOptions => ({ key: pem('self.key'), cert: pem('self.pem') });

  it('logs in to a router whose CA is given as a file', async () => {
    await connect(signed(), { ca: file('ca.pem') });
    expect(received).toHaveLength(1);
  });

  it('wants the name that it was told', async () => {
    await connect(signed(), { ca: file('ca.pem'), servername: 'gw1.example' });
    await expect(connect(signed(), { ca: file('ca.pem'), servername: 'gw2.example' })).rejects.toThrow(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    expect(received).toEqual([]);
  });

  it('refuses a self-signed certificate before sending anything, and names the pin that would accept it', async () => {
    const error: unknown = await connect(selfSigned(), {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CertificateError);
    expect(received).toEqual([]);
    const fingerprint = error instanceof CertificateError ? (error.fingerprint ?? '') : '';
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(String(error)).toContain(`pin it by tls.fingerprint: ${fingerprint}`);
    await connect(selfSigned(), { fingerprint });
    expect(received).toHaveLength(1);
    await expect(connect(signed(), { fingerprint })).rejects.toThrow('not the pinned one');
  });

  it('refuses the anonymous cipher of an api-ssl service without a certificate, and says what to do', async () => {
    const anonymous: TlsOptions = { ciphers: 'ADH-AES128-SHA256:@SECLEVEL=0', maxVersion: 'TLSv1.2' };
    const error: unknown = await connect(anonymous, { fingerprint: 'aa' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(String(error)).toContain('give the service a certificate');
  });

  it('says which CA file cannot be read', async () => {
    await expect(connect(signed(), { ca: file('nowhere.pem') })).rejects.toThrow('nowhere.pem');
  });
});
