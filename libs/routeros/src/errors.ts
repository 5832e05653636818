/** What every error of this package is, so that a caller can tell them from bugs. */
export class RouterosError extends Error {
  override readonly name: string = 'RouterosError';
}

/** The bytes are not the RouterOS API protocol, or they exceed a limit. The connection cannot be used any more. */
export class ProtocolError extends RouterosError {
  override readonly name = 'ProtocolError';
}
