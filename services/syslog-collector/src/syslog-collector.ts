import type { SyslogMessage } from '@fairlead/model';
import { parseSyslog } from '@fairlead/syslog';
import { topics } from '@fairlead/topics';
import {
  createUdpIntake,
  type Datagram,
  type UdpIntake,
  type UdpIntakeConfig,
  udpIntakeConfigSchema,
  type UdpIntakeDeps,
} from '@fairlead/udp-intake';

/** `syslog` in fairlead.yaml. */
export const syslogCollectorConfigSchema = udpIntakeConfigSchema({ port: 5514, maxDatagramBytes: 16_384 });
export type SyslogCollectorConfig = UdpIntakeConfig;

/** Syslog over UDP (RFC 5426) to `syslog`, parsed, keyed by router or, for others, by source address. */
export function createSyslogCollector(config: SyslogCollectorConfig, deps: UdpIntakeDeps): UdpIntake {
  const purpose = {
    service: 'syslog-collector',
    section: 'syslog',
    topic: topics.syslog,
    keyOf: ({ router, text }: Datagram['source']) => router || text,
    toRecord: ({ timeMs, source, payload }: Datagram): SyslogMessage =>
      parseSyslog(payload, { timeMs, source: source.address, router: source.router }),
  };
  return createUdpIntake(config, purpose, deps);
}
