import type { TLSSocket } from 'node:tls';

/** The certificate that a sender has proved to hold the key of. */
export interface PeerCertificate {
  /** SHA-256, `AB:CD:…`. */
  readonly fingerprint256: string;
  /** Common name and DNS names. */
  readonly names: readonly string[];
  /** A configured CA signed it, so that its names may be believed. */
  readonly isSigned: boolean;
}

/** The certificate of the other side; undefined when it has shown none. */
export function readPeerCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  const commonName = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const dnsNames = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice('DNS:'.length));
  return {
    fingerprint256: certificate.fingerprint256,
    names: [...new Set([...(commonName === undefined ? [] : [commonName]), ...dnsNames])],
    isSigned: socket.authorized,
  };
}
