/** What every error of this package is, so that a caller can tell them from bugs. No error holds a password. */
export class RouterosError extends Error {
  override readonly name: string = 'RouterosError';
}

/** The bytes are not the RouterOS API protocol, or they exceed a limit. The connection is given up. */
export class ProtocolError extends RouterosError {
  override readonly name = 'ProtocolError';
}

/** There is no connection, or it ended. */
export class ConnectionLostError extends RouterosError {
  override readonly name = 'ConnectionLostError';
}

/** The certificate of the router is not trusted; nothing was sent. */
export class CertificateError extends RouterosError {
  override readonly name = 'CertificateError';
  /** SHA-256 of the certificate that the router presented, hex with colons; absent when it presented none. */
  readonly fingerprint: string | undefined;

  constructor(message: string, fingerprint: string | undefined) {
    super(message);
    this.fingerprint = fingerprint;
  }
}

/** The router refused the user or the password, or speaks only a login that this client does not offer. */
export class LoginRefusedError extends RouterosError {
  override readonly name = 'LoginRefusedError';
}

/** No answer within the deadline. */
export class TimeoutError extends RouterosError {
  override readonly name = 'TimeoutError';
}

/** The router ended the whole session by `!fatal`. */
export class FatalError extends RouterosError {
  override readonly name = 'FatalError';
}

/** The command is not on the allow-list of this session; nothing was sent. */
export class NotAllowedError extends RouterosError {
  override readonly name = 'NotAllowedError';
}

/** More commands in flight than the session holds; nothing was sent. */
export class TooManyCommandsError extends RouterosError {
  override readonly name = 'TooManyCommandsError';
}

/** Rows of a stream came faster than they were read, and none was to be missed. The command was cancelled. */
export class StreamOverflowError extends RouterosError {
  override readonly name = 'StreamOverflowError';
}

/** What a `!trap` said. */
export interface Trap {
  /**
   * 0 missing item or command, 1 argument value, 2 interrupted, 3 script, 4 general, 5 API, 6 TTY, 7 value of :return
   * (manual, "API", "!trap"); absent when the router gave none.
   */
  readonly category: number | undefined;
  readonly message: string;
}

/** The router refused the command. It may give several reasons. */
export class TrapError extends RouterosError {
  override readonly name = 'TrapError';
  readonly traps: readonly Trap[];
  /** Category of the first trap. */
  readonly category: number | undefined;

  constructor(traps: readonly Trap[]) {
    super(traps.map((trap) => trap.message).join('; '));
    this.traps = traps;
    this.category = traps[0]?.category;
  }
}

/**
 * A command that may change the router was sent and its reply was lost: it may have been done or not. The cause says
 * how the reply was lost. Read the router before anything else.
 */
export class AmbiguousWriteError extends RouterosError {
  override readonly name = 'AmbiguousWriteError';

  constructor(command: string, cause: RouterosError) {
    super(`${command}: the reply was lost (${cause.message})`, { cause });
  }
}
