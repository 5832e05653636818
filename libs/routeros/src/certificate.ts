import { CertificateError } from './errors.ts';

/** What makes a certificate trusted. Without `ca` and `fingerprint` the certificate authorities of Node.js do. */
export interface TlsTrust {
  /** Certificate of the authority that signed the router's, PEM. */
  readonly ca?: string | undefined;
  /** SHA-256 of the router's certificate: 64 hex digits, colons allowed. Enough by itself. */
  readonly fingerprint?: string | undefined;
  /** Name that the certificate must bear, where it is not the host. */
  readonly servername?: string | undefined;
}

/** What the handshake showed. */
export interface PresentedCertificate {
  /** SHA-256 of the certificate; absent when there is none. */
  readonly fingerprint: string | undefined;
  /** Whether chain, dates and name hold. */
  readonly authorized: boolean;
  /** Why not, such as DEPTH_ZERO_SELF_SIGNED_CERT. */
  readonly problem: string;
}

/**
 * Whether a certificate is trusted. A pinned fingerprint must match; without a pin, or with a `ca` beside it, the chain
 * must hold too.
 * @throws CertificateError that says how to pin what was presented
 */
export function judgeCertificate(
  trust: TlsTrust,
  { fingerprint, authorized, problem }: PresentedCertificate,
): void {
  if (fingerprint === undefined) throw new CertificateError('the router presented no certificate', undefined);
  if (trust.fingerprint !== undefined && digits(trust.fingerprint) !== digits(fingerprint)) {
    throw new CertificateError(
      `the certificate is not the pinned one: it has the SHA-256 fingerprint ${fingerprint}`,
      fingerprint,
    );
  }
  if (!authorized && (trust.fingerprint === undefined || trust.ca !== undefined)) {
    throw new CertificateError(
      `the certificate is not trusted (${problem}): give the CA as tls.ca, or, if the fingerprint is the one the ` +
        `router shows under /certificate, pin it by tls.fingerprint: ${fingerprint}`,
      fingerprint,
    );
  }
}

const digits = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();
