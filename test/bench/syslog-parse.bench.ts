/**
 * Parsing of syslog, one core: what a site of RouterOS sends, from the bytes of a datagram to the record with its event,
 * and to the record encoded for the log. Beside it on the same bytes: nsyslog-parser, which reads headers and no events;
 * and the plainest pattern that could be called a parser of RFC 3164, which says how much of the time is the price of
 * any reading at all.
 */
import { addressToBytes, encodeFrames, SyslogMessage } from '@fairlead/model';
import { parseSyslog } from '@fairlead/syslog';
import parseByPeer from 'nsyslog-parser';
import { medianRates } from './support/median-rates.ts';
import { report } from './support/report.ts';
import { siteMessage } from './support/syslog-stream.ts';

const MESSAGES = 50_000;
const ROUNDS = 7;
const BATCH = 500;

const encoder = new TextEncoder();
const datagrams = Array.from({ length: MESSAGES }, (_, seed) => encoder.encode(siteMessage(seed)));
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
  nsyslogParser: () => {
    let sum = 0;
    for (const datagram of datagrams) sum += parseByPeer(decoder.decode(datagram)).levelval ?? 0;
    return sum;
  },
  pattern: () => {
    let sum = 0;
    for (const datagram of datagrams) {
      const match = plain.exec(decoder.decode(datagram));
      sum += match ? Number(match[1]) & 7 : 0;
    }
    return sum;
  },
};

const rates = medianRates(contenders, { rounds: ROUNDS, operations: MESSAGES });
const results = { 'syslog-parse': rates.parse, 'syslog-parse-and-encode': rates.parseAndEncode };
const peers = { 'nsyslog-parser': rates.nsyslogParser, 'one pattern': rates.pattern };
report(
  Object.entries(results).flatMap(([name, value]) =>
    Object.entries(peers).map(([peer, peerValue]) => ({ name, value, unit: 'messages/s', peer, peerValue })),
  ),
);
