/**
 * Many SNMPv2c agents in one process, each on a port of its own: eight interfaces with 64-bit counters that grow with
 * time. An answer is built once for each question and then patched, so that the agents cost little beside the poller.
 * `{ agents, silent, slow, garbage, largeTableRows }` from the parent is answered with `{ ports }` (in the order
 * healthy, silent, slow, garbage, and last the agent with the large table), `'count'` with `{ answers }`.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { compareOids } from '@fairlead/snmp';
import {
  decodeElements,
  decodeInteger,
  decodeOid,
  encodeElement,
  encodeInteger,
  encodeOid,
} from '@fairlead/snmp/testing';

export interface AgentsJob {
  readonly agents: number;
  readonly silent: number;
  readonly slow: number;
  readonly garbage: number;
  /** Interfaces of one more agent, for tools that walk. */
  readonly largeTableRows: number;
}

const INTERFACES = 8;
const SLOW_MS = 5_000;
const GET = 0xa0;
const GET_NEXT = 0xa1;
const GET_BULK = 0xa5;
const MAX_MESSAGE_BYTES = 1_472;
const RECEIVE_BUFFER_BYTES = 1_048_576;
/** So large that its encoding never changes its length. */
const COUNTER_BASE = 1n << 60n;
const X = '1.3.6.1.2.1.31.1.1.1';
const T = '1.3.6.1.2.1.2.2.1';

interface Instance {
  readonly oid: string;
  readonly element: Buffer;
}

interface Mib {
  readonly byOid: ReadonlyMap<string, Instance>;
  readonly sorted: readonly Instance[];
}

interface Template {
  /** What follows the request id in the answer. */
  readonly rest: Buffer;
  /** Where the 64-bit counters stand in it. */
  readonly counters: readonly number[];
}

const counter64 = (value: bigint): Buffer => encodeInteger(70, COUNTER_BASE + value);
const gauge = (value: number): Buffer => encodeInteger(66, BigInt(value));
const counter32 = encodeInteger(65, 0n);
const text = (value: string): Buffer => encodeElement(4, Buffer.from(value));

const columns: Readonly<Record<string, (index: number) => Buffer>> = {
  [`${T}.2`]: (index) => text(`ether${index}`),
  [`${T}.5`]: () => gauge(1_000_000_000),
  [`${T}.7`]: () => encodeInteger(2, 1n),
  [`${T}.8`]: () => encodeInteger(2, 1n),
  [`${T}.9`]: () => encodeInteger(67, 4_200n),
  [`${T}.10`]: () => counter32,
  [`${T}.13`]: () => counter32,
  [`${T}.14`]: () => counter32,
  [`${T}.16`]: () => counter32,
  [`${T}.19`]: () => counter32,
  [`${T}.20`]: () => counter32,
  [`${X}.1`]: (index) => text(`ether${index}`),
  ...Object.fromEntries(
    [6, 7, 8, 9, 10, 11, 12, 13].map((column) => [
      `${X}.${column}`,
      (index: number) => counter64(BigInt(index)),
    ]),
  ),
  [`${X}.15`]: () => gauge(1_000),
  [`${X}.18`]: (index) => text(`uplink ${index}`),
};

function createMib(interfaces: number): Mib {
  const instances: Instance[] = [
    { oid: '1.3.6.1.2.1.1.3.0', element: encodeInteger(67, 123_456_789n) },
    ...Object.entries(columns).flatMap(([column, encode]) =>
      Array.from({ length: interfaces }, (_, i) => ({ oid: `${column}.${i + 1}`, element: encode(i + 1) })),
    ),
  ];
  return {
    byOid: new Map(instances.map((instance) => [instance.oid, instance])),
    sorted: instances.sort((a, b) => compareOids(a.oid, b.oid)),
  };
}

function firstAfter({ sorted }: Mib, oid: string): Instance | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareOids(sorted[middle]?.oid ?? '', oid) > 0) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}

function bindingsOf(mib: Mib, tag: number, oids: readonly string[], repetitions: number): Buffer[] {
  const bind = (oid: string, element: Buffer): Buffer => encodeElement(0x30, encodeOid(oid), element);
  if (tag === GET) return oids.map((oid) => bind(oid, mib.byOid.get(oid)?.element ?? encodeElement(0x81)));
  const bindings: Buffer[] = [];
  let [cursors, bytes] = [oids, 0];
  for (let row = 0; row < repetitions; row += 1) {
    const found = cursors.map((oid) => firstAfter(mib, oid));
    const encoded = found.map((instance, i) =>
      instance ? bind(instance.oid, instance.element) : bind(cursors[i] ?? '', encodeElement(0x82)),
    );
    for (const binding of encoded) {
      bytes += binding.length;
      if (bytes > MAX_MESSAGE_BYTES - 60) return bindings;
      bindings.push(binding);
    }
    cursors = found.map((instance, i) => instance?.oid ?? cursors[i] ?? '');
  }
  return bindings;
}

const templates = new Map<string, Template>();

function templateFor(mib: Mib, tag: number, afterId: Buffer): Template {
  const key = `${mib.sorted.length}/${tag}/${afterId.toString('latin1')}`;
  const known = templates.get(key);
  if (known) return known;
  const [, second, list] = decodeElements(afterId);
  const oids = decodeElements(list?.content ?? afterId).map(({ content }) =>
    decodeOid(decodeElements(content)[0]?.content ?? content),
  );
  const repetitions = tag === GET_BULK ? decodeInteger(second?.content ?? afterId) : 1;
  const rest = Buffer.concat([
    encodeInteger(2, 0n),
    encodeInteger(2, 0n),
    encodeElement(0x30, ...bindingsOf(mib, tag, oids, repetitions)),
  ]);
  const counters: number[] = [];
  const mark = Buffer.from([70, 8, Number(COUNTER_BASE >> 56n)]);
  for (let at = rest.indexOf(mark); at !== -1; at = rest.indexOf(mark, at + 10)) counters.push(at + 2);
  const template = { rest, counters };
  templates.set(key, template);
  return template;
}

let answers = 0;

function answer(mib: Mib, request: Buffer): Buffer | undefined {
  const [version, community, pdu] = decodeElements(decodeElements(request)[0]?.content ?? request);
  if (!version || !community || !pdu || ![GET, GET_NEXT, GET_BULK].includes(pdu.tag)) return undefined;
  const idBytes = 2 + pdu.content.readUInt8(1);
  const { rest, counters } = templateFor(mib, pdu.tag, pdu.content.subarray(idBytes));
  const grown = BigInt(Math.floor(performance.now() * 125));
  for (const at of counters) rest.writeBigUInt64BE(COUNTER_BASE + grown, at);
  answers += 1;
  return encodeElement(
    0x30,
    encodeElement(2, version.content),
    encodeElement(4, community.content),
    encodeElement(0xa2, pdu.content.subarray(0, idBytes), rest),
  );
}

type Reply = (request: Buffer, send: (answer: Buffer) => void) => void;

async function open(reply: Reply): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on('message', (request, from) => {
    reply(request, (bytes) => socket.send(bytes, from.port, from.address));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

process.on('message', (message: AgentsJob | 'count') => {
  if (message === 'count') process.send?.({ answers });
  else void start(message);
});

async function start(job: AgentsJob): Promise<void> {
  const mib = createMib(INTERFACES);
  const ports: number[] = [];
  const kinds = { healthy: job.agents - job.silent - job.slow - job.garbage, ...job };
  const openMany = async (count: number, reply: Reply): Promise<void> => {
    for (let i = 0; i < count; i += 1) ports.push(await open(reply));
  };
  const answering =
    (of: Mib): Reply =>
    (request, send) => {
      const bytes = answer(of, request);
      if (bytes) send(bytes);
    };
  await openMany(kinds.healthy, answering(mib));
  await openMany(kinds.silent, () => undefined);
  await openMany(kinds.slow, (request, send) => {
    const bytes = answer(mib, request);
    if (bytes) setTimeout(() => send(bytes), SLOW_MS);
  });
  await openMany(kinds.garbage, (request, send) => {
    const bytes = Buffer.from(request);
    for (let at = 0; at < bytes.length; at += 3) bytes.writeUInt8((bytes.readUInt8(at) * 31 + 7) & 0xff, at);
    send(bytes);
  });
  await openMany(1, answering(createMib(job.largeTableRows)));
  process.send?.({ ports });
}
