export { buildPcap, type PcapOptions } from './build-pcap.ts';
export { buildPcapng, type PcapngOptions } from './build-pcapng.ts';
export { ethernet, ipv4, ipv6, udp, vlanTag } from './build-packet.ts';
