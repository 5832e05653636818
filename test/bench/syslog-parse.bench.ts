/**
 * Parsing of syslog, one core: what a site of RouterOS sends, from the bytes of a datagram to the record with its event,
 * and to the record encoded for the log. The peer finds the same severities with the plainest pattern that could be
 * called a parser of RFC 3164, and nothing else: it says how much of the time is the price of any reading at all.
 */
import { addressToBytes, encodeFrames, SyslogMessage } from '@fairlead/model';
import { parseSyslog } from '@fairlead/syslog';
import { medianRates } from './support/median-rates.ts';
import { report } from './support/report.ts';

const MESSAGES = 50_000;
const ROUNDS = 7;
const BATCH = 500;

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

const encoder = new TextEncoder();
const datagrams = Array.from({ length: MESSAGES }, (_, seed) =>
  encoder.encode(mix[seed % mix.length]?.(seed) ?? ''),
);
const context = { timeMs: 1_700_000_000_000, source: addressToBytes('192.0.2.1'), router: 'gw1' };

const plain = /^<(\d{1,3})>(?:1 )?(\S+(?: +\d+ \S+)?) (\S+) (.*)$/s;
const decoder = new TextDecoder();

/** Each returns the sum of the severities, so that all can be seen to have read the same. */
const contenders = {
  parse: () => {
    let sum = 0;
    for (const datagram of datagrams) sum += parseSyslog(datagram, context).severity ?? 0;
    return sum;
  },
  parseAndEncode: () => {
    let sum = 0;
    let batch: SyslogMessage[] = [];
    for (const datagram of datagrams) {
      const message = parseSyslog(datagram, context);
      sum += message.severity ?? 0;
      batch.push(message);
      if (batch.length < BATCH) continue;
      encodeFrames(SyslogMessage, batch);
      batch = [];
    }
    return sum;
  },
  peer: () => {
    let sum = 0;
    for (const datagram of datagrams) {
      const match = plain.exec(decoder.decode(datagram));
      sum += match ? Number(match[1]) & 7 : 0;
    }
    return sum;
  },
};

const rates = medianRates(contenders, { rounds: ROUNDS, operations: MESSAGES });
const against = { unit: 'messages/s', peer: 'one pattern', peerValue: rates.peer };
report([
  { name: 'syslog-parse', value: rates.parse, ...against },
  { name: 'syslog-parse-and-encode', value: rates.parseAndEncode, ...against },
]);
