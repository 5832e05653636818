import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { type AllowedCommand, createAllowList } from './allow-list.ts';
import { judgeCertificate, type TlsTrust } from './certificate.ts';
import { ConnectionLostError, RouterosError, TimeoutError } from './errors.ts';
import type { LoginMethod } from './login.ts';
import type { SentenceLimits } from './sentence.ts';
import { createSession, type RouterosSession, type SessionEvent } from './session.ts';

export interface RouterosOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The password, or a holder that shows it on demand only. */
  readonly password: string | { reveal(): string };
  /** Default `plain`, of RouterOS 6.43 and later. The MD5 login of older ones is used only where it is chosen. */
  readonly login?: LoginMethod | undefined;
  /** false: plain TCP. Otherwise TLS with a verified certificate. */
  readonly tls: false | TlsTrust;
  /** The only commands that this session may send. */
  readonly allow: readonly AllowedCommand[];
  /** Deadline of connecting and logging in together, and of each command that names none. */
  readonly timeoutMs: number;
  /** Default 30 000. */
  readonly keepAliveMs?: number;
  /** Most commands in flight. Default 64. */
  readonly maxPending?: number;
  /** Most bytes of words in the reply to one command. Default 16 MiB. */
  readonly maxReplyBytes?: number;
  readonly limits?: SentenceLimits;
  /** Told of what nobody waits for: empty answers, late replies, words that this client does not know. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
}

/**
 * Connects, verifies the certificate, and logs in.
 * @throws ConnectionLostError, TimeoutError, CertificateError, LoginRefusedError, FatalError, ProtocolError
 */
export async function connectRouteros(options: RouterosOptions): Promise<RouterosSession> {
  const { host, port, timeoutMs, signal } = options;
  const peer = `${host}:${port}`;
  const allowList = createAllowList(options.allow);
  const socket = openSocket(options);
  socket.setNoDelay(true);
  const timer = setTimeout(
    () => socket.destroy(new TimeoutError(`${peer}: no session within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const giveUp = (): void => {
    socket.destroy(new ConnectionLostError(`${peer}: given up`));
  };
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted === true) giveUp();
  try {
    await connected(socket);
    if (options.tls !== false && socket instanceof TLSSocket) verify(socket, options.tls);
    const { session, login } = createSession(socket, {
      peer,
      allowList,
      timeoutMs,
      keepAliveMs: options.keepAliveMs ?? 30_000,
      maxPending: options.maxPending ?? 64,
      maxReplyBytes: options.maxReplyBytes ?? 16 * 2 ** 20,
      limits: options.limits ?? {},
      onEvent: options.onEvent,
    });
    const { password } = options;
    await login({
      user: options.user,
      password: typeof password === 'string' ? password : password.reveal(),
      method: options.login ?? 'plain',
    });
    return session;
  } catch (error) {
    socket.destroy();
    if (error instanceof RouterosError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new ConnectionLostError(`${peer}: ${text}${hint(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

function openSocket({ host, port, tls }: RouterosOptions): Socket {
  if (tls === false) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    // Not the end of the check: `verify` refuses what is not trusted, before the first byte is sent, and can then name
    // the certificate that was presented. Left to Node.js, the error would come without it, and a pin be impossible.
    rejectUnauthorized: false,
  });
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error('the router closed the connection'));
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      socket.off('close', onClose);
      resolve();
    });
    // This stays for the life of the socket: an 'error' that nobody listens to would end the process.
    socket.on('error', reject);
    socket.once('close', onClose);
  });
}

function verify(socket: TLSSocket, trust: TlsTrust): void {
  judgeCertificate(trust, {
    fingerprint: socket.getPeerX509Certificate()?.fingerprint256,
    authorized: socket.authorized,
    problem: String(socket.authorizationError),
  });
}

const hints: Readonly<Record<string, string>> = {
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'api-ssl without a certificate offers no authenticated cipher: give the service a certificate',
  ECONNREFUSED: 'nothing listens there: is the service api-ssl, or api, enabled on the router?',
};

/** What an error usually means on RouterOS. */
function hint(error: unknown): string {
  const text = error instanceof Error && 'code' in error ? hints[String(error.code)] : undefined;
  return text === undefined ? '' : ` (${text})`;
}
