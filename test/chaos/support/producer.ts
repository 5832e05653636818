import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type EventLog, AppendError } from '@fairlead/event-log';
import { addressToBytes, encodeFrames, SyslogMessage } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { netflow5 } from '../../e2e/support/netflow5.ts';

/** Bytes of every flow. */
export const FLOW_BYTES = 1_000;
const ROUTERS = ['gw1', 'gw2', 'gw3', 'gw4', 'gw5', 'gw6', 'gw7', 'gw8'];
const EXPORTERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
const TURN_MS = 50;
const DATAGRAMS_PER_TURN = 8;
const MESSAGES_PER_TURN = 4;
/** Appends that wait for the log; while there are so many, no other is begun. */
const MAX_UNDER_WAY = 200;

/** Produces numbered records until it is stopped: syslog messages into the log, flows by UDP to the collector. */
export interface Producer {
  /** Numbers of messages that the log acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
  /** Numbers of messages of which it is not known whether the log has them. */
  readonly unsure: ReadonlySet<number>;
  readonly datagramsSent: number;
  /** Uses another log from now on; none while there is none. */
  setLog(log: EventLog | undefined): void;
  /** Resolves when every append is settled. */
  stop(): Promise<void>;
}

export async function startProducer(netflowPort: number): Promise<Producer> {
  const sockets = await Promise.all(EXPORTERS.map(openSocket));
  const acknowledged = new Set<number>();
  const unsure = new Set<number>();
  const underWay = new Set<Promise<void>>();
  let log: EventLog | undefined;
  let nextMessage = 0;
  let datagramsSent = 0;

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

  const timer = setInterval(() => {
    for (let i = 0; i < DATAGRAMS_PER_TURN; i += 1) {
      datagramsSent += 1;
      const number = datagramsSent;
      const source = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
      sockets[number % sockets.length]?.send(
        netflow5(source, '198.51.100.1', FLOW_BYTES),
        netflowPort,
        '127.0.0.1',
        // Nobody listens while the collector is down.
        () => undefined,
      );
    }
    if (!log || underWay.size >= MAX_UNDER_WAY) return;
    const appending = append(log).finally(() => underWay.delete(appending));
    underWay.add(appending);
  }, TURN_MS);

  return {
    acknowledged,
    unsure,
    get datagramsSent() {
      return datagramsSent;
    },
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
    message: `chaos ${number}`,
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
