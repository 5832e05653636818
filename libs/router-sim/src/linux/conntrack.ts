import type { Endpoint } from '../kernel/kernel.ts';

/** An entry of the kernel's connection tracking. tx is what the client sends, rx what it receives. */
export interface TrackedConnection {
  readonly protocol: 'tcp' | 'udp';
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Where answers go to: the address of the WAN. */
  readonly natted: Endpoint;
  readonly mark: number;
  /** 0 where the kernel does not count (`net.netfilter.nf_conntrack_acct`). */
  readonly txBytes: number;
  readonly rxBytes: number;
  readonly txPackets: number;
  readonly rxPackets: number;
}

/**
 * Reads `/proc/net/nf_conntrack`: protocol and state, then `src= dst= sport= dport=` and perhaps `packets= bytes=` of each
 * direction, then the mark. What is neither TCP nor UDP over IPv4 is left out.
 */
export function parseConntrack(text: string): readonly TrackedConnection[] {
  return text.split('\n').flatMap((line) => {
    const [, protocol] = /^ipv4\s+\d+\s+(tcp|udp)\s/.exec(line) ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    const values = (name: string): string[] =>
      Array.from(line.matchAll(new RegExp(`\\s${name}=(\\S+)`, 'g')), ([, value = '']) => value);
    const numbers = (name: string): number[] => values(name).map(Number);
    const [source, answerSource] = values('src');
    const [destination, answerDestination] = values('dst');
    const [sourcePort = 0, answerSourcePort = 0] = numbers('sport');
    const [, nattedPort = 0] = numbers('dport');
    if (!source || !destination || !answerSource || !answerDestination) return [];
    const [txBytes = 0, rxBytes = 0] = numbers('bytes');
    const [txPackets = 0, rxPackets = 0] = numbers('packets');
    return [
      {
        protocol,
        client: { address: source, port: sourcePort },
        server: { address: answerSource, port: answerSourcePort },
        natted: { address: answerDestination, port: nattedPort },
        mark: numbers('mark')[0] ?? 0,
        ...{ txBytes, rxBytes, txPackets, rxPackets },
      },
    ];
  });
}
