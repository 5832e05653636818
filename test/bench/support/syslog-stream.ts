const firewall = (seed: number): string =>
  `drop-in input: in:ether1-WAN out:(unknown 0), connection-state:new src-mac 00:17:10:88:bc:02, proto TCP (SYN), 198.51.100.${seed % 250}:${1_024 + (seed % 60_000)}->203.0.113.7:${seed % 1_024}, len 40`;
const forward = (seed: number): string =>
  `forward: in:bridge out:WAN, connection-state:established,snat proto UDP, 192.168.88.${seed % 250}:50000->8.8.8.8:53, NAT (192.168.88.${seed % 250}:50000->203.0.113.7:50000)->8.8.8.8:53, len 72`;
const lease = (seed: number): string =>
  `defconf assigned 192.168.88.${seed % 250} for B0:E4:5C:27:EF:${(16 + (seed % 200)).toString(16).toUpperCase()} phone-${seed}`;

/** Of ten messages six are firewall lines, as of a router that logs what it drops; all three formats. */
const mix: readonly ((seed: number) => string)[] = [
  (seed) => `firewall,info ${firewall(seed)}`,
  (seed) => `<30>Oct  2 17:36:35 gw${seed % 100} ${firewall(seed)}`,
  (seed) => `firewall,info ${forward(seed)}`,
  (seed) => `<30>2026-10-02T17:36:35+03:00 gw${seed % 100} firewall,info ${firewall(seed)}`,
  (seed) => `dhcp,info ${lease(seed)}`,
  () => 'system,error,critical login failure for user admin from 198.51.100.9 via ssh',
  (seed) => `<30>Oct  2 17:36:35 gw${seed % 100} ${forward(seed)}`,
  (seed) => `firewall,info ${firewall(seed)}`,
  () => '<30>Oct  2 17:36:35 gw ether1 link up (speed 1G, full duplex)',
  () => '<165>1 2026-10-02T14:36:35.003Z host app 4711 ID47 [meta sequence="1"] a message of something else',
];

/** What a site of RouterOS sends. */
export const siteMessage = (seed: number): string => mix[seed % mix.length]?.(seed) ?? '';
