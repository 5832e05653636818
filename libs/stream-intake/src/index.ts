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
export {
  createStreamIntake,
  type Peer,
  type StreamIntake,
  type StreamIntakeDeps,
  type StreamIntakePurpose,
  type StreamMessage,
} from './stream-intake.ts';
