import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import type { TlsListenerConfig } from './config.ts';

/** What a TLS server shows and checks with; PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint256: string;
  /** It was made just now. */
  readonly isNew: boolean;
}

const VALID_DAYS = 3_650;

/**
 * Reads the files of a TLS listener; makes a self-signed certificate where that was asked for and neither is there.
 * @throws Error naming the key of the configuration and the file, also when certificate and key do not go together
 */
export async function readServerCertificate(
  config: Pick<TlsListenerConfig, 'certificate' | 'key' | 'selfSigned' | 'clientCa'>,
  section: string,
): Promise<ServerCertificate> {
  const isNew = config.selfSigned && (await isMissing(config.certificate)) && (await isMissing(config.key));
  if (isNew) await makeSelfSigned(config, section);
  const cert = await readPem(config.certificate, `${section}.certificate`);
  const key = await readPem(config.key, `${section}.key`);
  const ca =
    config.clientCa === undefined ? undefined : await readPem(config.clientCa, `${section}.clientCa`);
  const fingerprint256 = fingerprintOf(cert, `${section}.certificate: ${config.certificate}`);
  try {
    createSecureContext({ cert, key, ca });
  } catch (cause) {
    throw new Error(
      `${section}.key: ${config.key} is not the key of ${config.certificate}, or a file is no PEM: ${String(cause)}`,
      { cause },
    );
  }
  return { cert, key, ca, fingerprint256, isNew };
}

function fingerprintOf(cert: string, place: string): string {
  try {
    return new X509Certificate(cert).fingerprint256;
  } catch (cause) {
    throw new Error(`${place} holds no certificate (PEM)`, { cause });
  }
}

async function makeSelfSigned(
  { certificate, key }: Pick<TlsListenerConfig, 'certificate' | 'key'>,
  section: string,
): Promise<void> {
  const name = hostname();
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + VALID_DAYS * 86_400_000),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  try {
    await writeFile(key, made.private, { mode: 0o600, flag: 'wx' });
    await writeFile(certificate, made.cert, { flag: 'wx' });
  } catch (cause) {
    throw new Error(`${section}: the self-signed certificate cannot be written: ${String(cause)}`, { cause });
  }
}

async function readPem(file: string, key: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(
      `${key}: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}); give the file, or set selfSigned to make one`,
      { cause },
    );
  }
}

const isMissing = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => false,
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  );
