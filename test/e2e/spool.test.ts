import { createSocket, type Socket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafkaLog } from '@fairlead/event-log';
import { kafkaRequirement, type LocalKafka, startLocalKafka } from '@fairlead/event-log/testing';
import { decodeFrames, RawDatagram } from '@fairlead/model';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type FairleadProcess,
  readMetrics,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';
import { freeTcpPort } from './support/free-tcp-port.ts';
import { netflow5 } from './support/netflow5.ts';

const need = kafkaRequirement();
const folder = temporaryFolder();
const dataDirectory = join(folder.path, 'data');
const sender: Socket = createSocket('udp4');
let kafka: LocalKafka | undefined;
let collector: FairleadProcess | undefined;
let sent = 0;

afterAll(async () => {
  sender.close();
  await collector?.stop('SIGKILL');
  await kafka?.stop();
  folder.remove();
});

interface Books {
  readonly received: number;
  readonly stored: number;
  readonly dropped: number;
  /** Waits in the spool. */
  readonly spooled: number;
}

async function booksOf(url: string): Promise<Books> {
  const metrics = [...(await readMetrics(url))];
  const sum = (start: string, unit = ''): number =>
    metrics.reduce(
      (total, [name, value]) => (name.startsWith(start) && name.includes(unit) ? total + value : total),
      0,
    );
  return {
    received: sum('fairlead_received_total', 'unit="datagrams"'),
    stored: sum('fairlead_stored_total', 'unit="datagrams"'),
    dropped: sum('fairlead_dropped_total'),
    spooled: sum('fairlead_spool_records'),
  };
}

/** Numbers of the datagrams that are in the topic, in the order of the log. */
async function numbersInKafka(brokers: readonly string[]): Promise<number[]> {
  const log = await createKafkaLog({ brokers, clientId: 'reader' });
  const numbers: number[] = [];
  for (const { partition, firstOffset, nextOffset } of await log.partitions(topics.rawNetflow.name)) {
    for (let next = firstOffset; next < nextOffset;) {
      const records = await log.read(topics.rawNetflow.name, partition, next, 100_000);
      const last = records.at(-1);
      if (!last) break;
      for (const { value } of records) {
        for (const { payload } of decodeFrames(RawDatagram, value)) {
          numbers.push(Buffer.from(payload).readUInt32BE());
        }
      }
      next = last.offset + 1;
    }
  }
  await log.close();
  return numbers;
}

describe('a process that starts before Kafka', () => {
  const data = join(folder.path, 'early');
  let early: FairleadProcess | undefined;
  let broker: LocalKafka | undefined;
  afterAll(async () => {
    await early?.stop('SIGKILL');
    await broker?.stop();
  });

  it('says what it waits for, receives meanwhile, and begins when the broker is there', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const [brokerPort, netflowPort] = [await freeTcpPort(), await freeUdpPort()];
    const file = join(folder.path, 'early.yaml');
    writeFileSync(
      file,
      `dataDirectory: ${data}
http: { port: 0 }
eventLog: { kind: kafka, brokers: ["127.0.0.1:${brokerPort}"] }
netflow: { port: ${netflowPort} }
`,
    );
    const services = 'live-gateway,wan-processor,flow-decoder,netflow-collector';
    const start = async (): Promise<string> => {
      early = startFairlead(['run', '--config', file, '--services', services]);
      return (await untilRunning(data, early)).url;
    };
    // It need not have begun to end well.
    await start();
    expect(await early?.stop()).toBe(0);

    const url = await start();
    const health = () => fetch(new URL('/healthz', url));
    await until('it says why it waits', async () => (await (await health()).text()).includes('ECONNREFUSED'));
    expect((await health()).status).toBe(503);
    expect(await (await health()).json()).toMatchObject({
      parts: { 'flow-decoder': 'waits for the event log' },
    });
    expect(early?.stderr()).toContain('starting waits for the event log');
    expect((await fetch(new URL('/api/v1/wans', url))).status).toBe(503);
    for (let number = 0; number < 200; number += 1) {
      sender.send(netflow5(`10.0.0.${number}`, '198.51.100.1', 1_000), netflowPort, '127.0.0.1');
    }
    await until('all of it is on the disk', async () => (await booksOf(url)).spooled === 200);

    broker = await startLocalKafka({ port: brokerPort, dataDirectory: join(folder.path, 'late-kafka') });
    await until('it is well', async () => (await health()).ok, { everyMs: 200 });
    expect((await fetch(url)).status).not.toBe(503);
    const decoded = async (): Promise<number | undefined> =>
      (await readMetrics(url)).get('fairlead_stored_total{service="flow-decoder",unit="flows"}');
    await until('all of it is decoded', async () => (await decoded()) === 200);
    expect(await early?.stop()).toBe(0);
  });
});

describe('collectors while Kafka is away', () => {
  it('go on, and every datagram is in Kafka once and in order in the end', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const kafkaData = join(folder.path, 'kafka');
    kafka = await startLocalKafka({ dataDirectory: kafkaData });
    const port = Number(kafka.brokers[0]?.split(':')[1]);
    const netflowPort = await freeUdpPort();
    const file = join(folder.path, 'fairlead.yaml');
    writeFileSync(
      file,
      `dataDirectory: ${dataDirectory}
http: { port: 0 }
eventLog: { kind: kafka, brokers: [${kafka.brokers.join(', ')}], spool: { afterMs: 300 } }
netflow: { port: ${netflowPort} }
`,
    );
    const start = async (): Promise<string> => {
      collector = startFairlead(['run', '--config', file, '--services', 'netflow-collector']);
      return (await untilRunning(dataDirectory, collector)).url;
    };
    let url = await start();

    /** Sends numbered datagrams until so many of them wait in the spool, and all were taken. */
    const send = async (count: number, spooled: number, before: Books): Promise<void> => {
      const goal = before.received + count;
      for (let left = count; left > 0; left -= 1) {
        const datagram = Buffer.alloc(400);
        datagram.writeUInt32BE(sent);
        sent += 1;
        await new Promise((resolve) => sender.send(datagram, netflowPort, '127.0.0.1', resolve));
      }
      await until('what was sent is on the disk', async () => {
        const books = await booksOf(url);
        return books.received === goal && books.stored === goal && books.spooled >= spooled;
      });
    };
    const drained = (): Promise<unknown> =>
      until('the spool is empty', async () => (await booksOf(url)).spooled === 0);

    await send(100, 0, await booksOf(url));

    // Paused, the broker keeps what it gets, and takes it when it goes on.
    process.kill(kafka.pid, 'SIGSTOP');
    for (let round = 0; round < 5; round += 1) await send(200, 200 * (round + 1), await booksOf(url));
    process.kill(kafka.pid, 'SIGCONT');
    await drained();

    process.kill(kafka.pid, 'SIGKILL');
    await kafka.ended;
    for (let round = 0; round < 5; round += 1) await send(200, 100 * (round + 1), await booksOf(url));

    // The collector begins anew while there is no broker, with what it has on the disk.
    expect(await collector?.stop()).toBe(0);
    url = await start();
    const found = (await booksOf(url)).spooled;
    expect(found).toBeGreaterThan(900);
    await send(500, found + 500, await booksOf(url));

    kafka = await startLocalKafka({ port, dataDirectory: kafkaData });
    await drained();
    await send(100, 0, await booksOf(url));
    expect((await booksOf(url)).dropped).toBe(0);
    expect(await collector?.stop()).toBe(0);
    expect(await numbersInKafka(kafka.brokers)).toEqual(Array.from({ length: sent }, (_, number) => number));
  });
});
