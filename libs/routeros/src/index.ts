export { type AllowedCommand, createAllowList } from './allow-list.ts';
export type { TlsTrust } from './certificate.ts';
export type { Reply } from './collect-reply.ts';
export type { OverflowPolicy, RouterosStream, StreamOptions } from './command-stream.ts';
export type { Command, CommandParts } from './command.ts';
export { connectRouteros, type RouterosOptions } from './connect.ts';
export { parseDuration } from './duration.ts';
export {
  AmbiguousWriteError,
  CertificateError,
  ConnectionLostError,
  FatalError,
  LoginRefusedError,
  NotAllowedError,
  ProtocolError,
  RouterosError,
  StreamOverflowError,
  TimeoutError,
  TooManyCommandsError,
  type Trap,
  TrapError,
} from './errors.ts';
export type { Row } from './in-flight.ts';
export type { LoginMethod } from './login.ts';
export { type ApiAccess, openRouterSession } from './open-router-session.ts';
export { PreparedCommand } from './prepared-command.ts';
export { parseCounter, parseFlag } from './property-values.ts';
export { encodeSentence, SentenceDecoder, type SentenceLimits } from './sentence.ts';
export type { RouterosSession, SessionEvent } from './session.ts';
