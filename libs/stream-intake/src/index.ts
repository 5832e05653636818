export {
  type StreamLimits,
  streamLimitsSchema,
  type TcpListenerConfig,
  tcpListenerConfigSchema,
  type TlsListenerConfig,
  tlsListenerConfigSchema,
} from './config.ts';
export type { Frames } from './connection.ts';
export type { PeerCertificate } from './peer-certificate.ts';
export type { Peer } from './peer.ts';
export type { StreamIntakePurpose, StreamMessage } from './purpose.ts';
export { createStreamIntake, type StreamIntake, type StreamIntakeDeps } from './stream-intake.ts';
