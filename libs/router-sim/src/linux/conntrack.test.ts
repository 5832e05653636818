import { expect, it } from 'vitest';
import { parseConntrack } from './conntrack.ts';

it('reads translated connections with their counters, and leaves out what is no TCP or UDP', () => {
  const text = `ipv4     2 tcp      6 431996 ESTABLISHED src=192.168.88.10 dst=198.51.100.1 sport=41002 dport=5301 packets=7 bytes=413 src=198.51.100.1 dst=10.1.0.2 sport=5301 dport=41002 packets=900 bytes=1260000 [ASSURED] mark=5 zone=0 use=2
ipv4     2 udp      17 20 src=192.168.88.11 dst=198.51.100.2 sport=5000 dport=53 [UNREPLIED] src=198.51.100.2 dst=10.2.0.2 sport=53 dport=5000 mark=0 zone=0 use=2
ipv4     2 icmp     1 29 src=192.168.88.10 dst=198.51.100.1 type=8 code=0 id=77 src=198.51.100.1 dst=10.1.0.2 type=0 code=0 id=77 mark=0 zone=0 use=2
ipv6     10 tcp      6 300 ESTABLISHED src=fd00::1 dst=fd00::2 sport=1 dport=2 src=fd00::2 dst=fd00::1 sport=2 dport=1 mark=0 use=1
`;
  expect(parseConntrack(text)).toEqual([
    {
      protocol: 'tcp',
      client: { address: '192.168.88.10', port: 41002 },
      server: { address: '198.51.100.1', port: 5301 },
      natted: { address: '10.1.0.2', port: 41002 },
      mark: 5,
      ...{ txBytes: 413, rxBytes: 1_260_000, txPackets: 7, rxPackets: 900 },
    },
    {
      protocol: 'udp',
      client: { address: '192.168.88.11', port: 5000 },
      server: { address: '198.51.100.2', port: 53 },
      natted: { address: '10.2.0.2', port: 5000 },
      mark: 0,
      ...{ txBytes: 0, rxBytes: 0, txPackets: 0, rxPackets: 0 },
    },
  ]);
});
