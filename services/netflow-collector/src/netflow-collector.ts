import { topics } from '@fairlead/topics';
import {
  createUdpIntake,
  type Datagram,
  createRawDatagramGatherers,
  type UdpIntake,
  type UdpIntakeConfig,
  udpIntakeConfigSchema,
  type UdpIntakeDeps,
} from '@fairlead/udp-intake';

/** `netflow` in fairlead.yaml. */
export const netflowCollectorConfigSchema = udpIntakeConfigSchema({ port: 2055, maxDatagramBytes: 65_535 });
export type NetflowCollectorConfig = UdpIntakeConfig;

/** Flow datagrams from UDP to `raw.netflow`, undecoded, keyed by exporter. */
export function createNetflowCollector(config: NetflowCollectorConfig, deps: UdpIntakeDeps): UdpIntake {
  const purpose = {
    service: 'netflow-collector',
    section: 'netflow',
    topic: topics.rawNetflow,
    keyOf: ({ text }: Datagram['source']) => text,
    gather: createRawDatagramGatherers(),
  };
  return createUdpIntake(config, purpose, deps);
}
