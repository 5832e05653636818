export { type Cidr, isInCidr, parseCidr } from './cidr.ts';
export { type UdpIntakeConfig, udpIntakeConfigSchema } from './config.ts';
export { createRawDatagramGatherers } from './raw-datagram-gatherer.ts';
export type { Datagram, UdpIntakePurpose } from './purpose.ts';
export { createUdpIntake, type UdpIntake, type UdpIntakeDeps } from './udp-intake.ts';
export type { Source } from './sources.ts';
