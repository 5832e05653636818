export { type Cidr, isInCidr, parseCidr } from './cidr.ts';
export { type UdpIntakeConfig, udpIntakeConfigSchema } from './config.ts';
export { createRawDatagramGatherers } from './raw-datagram-gatherer.ts';
export {
  createUdpIntake,
  type Datagram,
  type UdpIntake,
  type UdpIntakeDeps,
  type UdpIntakePurpose,
} from './udp-intake.ts';
export type { Source } from './sources.ts';
