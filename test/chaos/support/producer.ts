import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type EventLog, AppendError } from '@fairlead/event-log';
import { addressToBytes, encodeFrames, SyslogMessage } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { netflow5 } from '../../e2e/support/netflow5.ts';
import { reading, ROUTERS } from './watched-wans.ts';

/** Bytes of every flow. */
export const FLOW_BYTES = 1_000;
const EXPORTERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
const TURN_MS = 50;
const FLOWS_PER_TURN = 8;
const SYSLOG_PER_TURN = 2;
const MESSAGES_PER_TURN = 4;
const READING_EVERY_TURNS = 20;
/** What the numbered records say before their number. */
export const SAYS = { appended: 'chaos', sent: 'datagram' } as const;
/** Appends that wait for the log; while there are so many, no other is begun. */
const MAX_UNDER_WAY = 200;

/**
 * Produces numbered records until it is stopped: syslog messages and counters of interfaces into the log, flows and syslog
 * by UDP to the collectors.
 */
export interface Producer {
  /** Numbers of messages that the log acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
  /** Numbers of messages of which it is not known whether the log has them. */
  readonly unsure: ReadonlySet<number>;
  /** Datagrams sent so far, numbered from 1 on, and by whom they should have been received. */
  readonly flowsSent: number;
  readonly syslogSent: number;
  /** Sends no flows until it is told again. */
  holdFlows(isHeld: boolean): void;
  /** Uses another log from now on; none while there is none. */
  setLog(log: EventLog | undefined): void;
  /** Resolves when every append is settled. */
  stop(): Promise<void>;
}

export async function startProducer(ports: {
  readonly netflow: number;
  readonly syslog: number;
}): Promise<Producer> {
  const sockets = await Promise.all(EXPORTERS.map(openSocket));
  const acknowledged = new Set<number>();
  const unsure = new Set<number>();
  const underWay = new Set<Promise<void>>();
  let log: EventLog | undefined;
  const startMs = Date.now();
  let nextMessage = 0;
  let flowsSent = 0;
  let syslogSent = 0;
  let turns = 0;
  let isHeld = false;

  const send = (number: number, datagram: Buffer, port: number): void =>
    // Nobody listens while the collector is down.
    sockets[number % sockets.length]?.send(datagram, port, '127.0.0.1', () => undefined);

  const appendReadings = async (to: EventLog): Promise<void> => {
    const number = Math.floor(turns / READING_EVERY_TURNS);
    const { name, codec } = topics.counters;
    const records = ROUTERS.map((router) => ({
      ...{ topic: name, key: router },
      value: encodeFrames(codec, [reading(router, number, startMs)]),
    }));
    try {
      await to.append(records);
    } catch (error) {
      // What is in the log in the end is what counts.
      if (!(error instanceof AppendError)) throw error;
    }
  };

  const append = async (to: EventLog): Promise<void> => {
    const numbers = Array.from({ length: MESSAGES_PER_TURN }, () => (nextMessage += 1));
    try {
      await to.append(numbers.map((number) => message(number)));
      for (const number of numbers) acknowledged.add(number);
    } catch (error) {
      if (!(error instanceof AppendError)) throw error;
      for (const number of numbers) unsure.add(number);
    }
  };

  const follow = (work: Promise<void>): void => {
    const following = work.finally(() => underWay.delete(following));
    underWay.add(following);
  };

  const timer = setInterval(() => {
    turns += 1;
    for (let i = 0; i < FLOWS_PER_TURN && !isHeld; i += 1) {
      const number = (flowsSent += 1);
      const source = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
      send(number, netflow5(source, '198.51.100.1', FLOW_BYTES), ports.netflow);
    }
    for (let i = 0; i < SYSLOG_PER_TURN; i += 1) {
      const number = (syslogSent += 1);
      send(number, Buffer.from(`<14>${SAYS.sent} ${number}`), ports.syslog);
    }
    if (!log || underWay.size >= MAX_UNDER_WAY) return;
    follow(append(log));
    if (turns % READING_EVERY_TURNS === 0) follow(appendReadings(log));
  }, TURN_MS);

  return {
    acknowledged,
    unsure,
    get flowsSent() {
      return flowsSent;
    },
    get syslogSent() {
      return syslogSent;
    },
    holdFlows: (held) => void (isHeld = held),
    setLog: (next) => (log = next),
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      for (const socket of sockets.splice(0)) socket.close();
    },
  };
}

function message(number: number) {
  const key = ROUTERS[number % ROUTERS.length] ?? '';
  const record: SyslogMessage = {
    ...SyslogMessage.decode(new Uint8Array()),
    timeMs: Date.now(),
    router: key,
    source: addressToBytes('192.0.2.1'),
    format: 'unparsed',
    message: `${SAYS.appended} ${number}`,
  };
  return { topic: topics.syslog.name, key, value: encodeFrames(SyslogMessage, [record]) };
}

async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}
