import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { compareOids, type Oid } from '../oid.ts';
import { decodeElements, decodeInteger, decodeOid, encodeElement, encodeInteger, encodeOid } from './ber.ts';
import type { TableRow } from './snmprec.ts';

export interface TableAgent {
  readonly port: number;
  /** What it answers from; change it as the test goes on. */
  readonly table: Map<Oid, TableRow>;
  /** Requests that it understood, oldest first. */
  readonly requests: readonly AgentRequest[];
  /** While true it reads and does not answer. */
  silent: boolean;
  /** How often each answer is sent. */
  copies: number;
  /** Told the port of each question. */
  hear: ((port: number) => void) | undefined;
  /** Spoils the answers, if set. */
  spoil: ((answer: Buffer) => Buffer) | undefined;
  close(): Promise<void>;
}

export interface AgentRequest {
  readonly kind: 'get' | 'bulk';
  readonly oids: readonly Oid[];
}

const GET = 0xa0;
const GET_BULK = 0xa5;
const RESPONSE = 0xa2;
const NO_SUCH_INSTANCE = encodeElement(0x81);
const END_OF_MIB_VIEW = encodeElement(0x82);
const TOO_BIG = 1n;

/** An SNMPv2c agent on loopback that answers GET and GETBULK from a table, independent of the library under test. */
export async function openTableAgent(
  rows: readonly TableRow[],
  { community = 'public', maxMessageBytes = 1_472 } = {},
): Promise<TableAgent> {
  const table = new Map(rows.map((row) => [row.oid, row]));
  const requests: AgentRequest[] = [];
  const socket = createSocket('udp4');
  const agent = {
    port: 0,
    table,
    requests,
    silent: false,
    copies: 1,
    hear: undefined as TableAgent['hear'],
    spoil: undefined as TableAgent['spoil'],
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
  socket.on('message', (datagram, from) => {
    const [version, name, pdu] = decodeElements(decodeElements(datagram)[0]?.content ?? datagram);
    const [id, nonRepeaters, repetitions, list] = decodeElements(pdu?.content ?? datagram);
    if (!version || !pdu || !id || !nonRepeaters || !repetitions || !list) return;
    if (name?.content.toString() !== community) return;
    const oids = decodeElements(list.content).map(({ content }) =>
      decodeOid(decodeElements(content)[0]?.content ?? content),
    );
    if (pdu.tag !== GET && pdu.tag !== GET_BULK) return;
    requests.push({ kind: pdu.tag === GET ? 'get' : 'bulk', oids });
    if (agent.silent) return;
    const answer = (bindings: readonly Buffer[], error = 0n): Buffer =>
      encodeElement(
        0x30,
        encodeElement(version.tag, version.content),
        encodeElement(0x04, name.content),
        encodeElement(
          RESPONSE,
          encodeElement(id.tag, id.content),
          encodeInteger(0x02, error),
          encodeInteger(0x02, 0n),
          encodeElement(0x30, ...bindings),
        ),
      );
    const bindings =
      pdu.tag === GET
        ? oids.map((oid) => encodeBinding(oid, table.get(oid)))
        : getBulk(table, oids, decodeInteger(repetitions.content));
    let message = answer(bindings);
    while (pdu.tag === GET_BULK && message.length > maxMessageBytes && bindings.length > 1) {
      bindings.pop();
      message = answer(bindings);
    }
    if (message.length > maxMessageBytes) message = answer([], TOO_BIG);
    agent.hear?.(from.port);
    const bytes = agent.spoil?.(message) ?? message;
    for (let copy = 0; copy < agent.copies; copy += 1) socket.send(bytes, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  agent.port = socket.address().port;
  return agent;
}

function encodeBinding(oid: Oid, row: TableRow | undefined, missing = NO_SUCH_INSTANCE): Buffer {
  const value = !row
    ? missing
    : typeof row.value === 'bigint'
      ? encodeInteger(row.tag, row.value)
      : encodeElement(row.tag, row.value);
  return encodeElement(0x30, encodeOid(row?.oid ?? oid), value);
}

function getBulk(table: ReadonlyMap<Oid, TableRow>, oids: readonly Oid[], repetitions: number): Buffer[] {
  const sorted = [...table.values()].sort((a, b) => compareOids(a.oid, b.oid));
  const cursors = [...oids];
  return Array.from({ length: repetitions }, () =>
    cursors.map((oid, column) => {
      const next = sorted.find((row) => compareOids(row.oid, oid) > 0);
      cursors[column] = next?.oid ?? oid;
      return encodeBinding(oid, next, END_OF_MIB_VIEW);
    }),
  ).flat();
}
