import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { generate } from 'selfsigned';

export interface Certificate {
  readonly pem: string;
  readonly keyPem: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint256: string;
}

/** A new self-signed certificate (P-256) for a router that listens on `host`. */
export async function createCertificate(identity: string, host: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: identity }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host },
        ],
      },
    ],
  });
  return {
    pem: made.cert,
    keyPem: made.private,
    fingerprint256: new X509Certificate(made.cert).fingerprint256,
  };
}
