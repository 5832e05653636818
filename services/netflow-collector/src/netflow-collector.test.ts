import { createEmbeddedLog } from '@fairlead/event-log';
import { addressFromBytes, decodeFrames, RawDatagram, systemClock, fixedInventory } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { createNetflowCollector, netflowCollectorConfigSchema } from './index.ts';

it('puts datagrams into the log as they came, keyed by exporter', async () => {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const telemetry = createTelemetry({ level: 'silent' });
  const config = netflowCollectorConfigSchema.parse({ port: 0 });
  const collector = createNetflowCollector(config, {
    log,
    inventory: fixedInventory([]),
    clock: systemClock,
    telemetry,
  });
  await collector.start();

  const payload = Uint8Array.of(0, 9, 255, 0);
  const socket = createSocket('udp4');
  socket.send(payload, collector.address().port, '127.0.0.1');
  const books = (): ReturnType<typeof readLedger> =>
    readLedger(telemetry.registry, 'netflow-collector', 'datagrams');
  await until('the datagram is stored', async () => (await books()).stored === 1);
  socket.close();
  await collector.stop();

  const name = topics.rawNetflow.name;
  const partitions = await log.partitions(name);
  const records = (
    await Promise.all(partitions.map(({ partition }) => log.read(name, partition, 0, 10)))
  ).flat();
  expect(records.map(({ key }) => key)).toEqual(['127.0.0.1']);
  const [datagram] = records.flatMap(({ value }) => decodeFrames(RawDatagram, value));
  expect(datagram && [addressFromBytes(datagram.exporter), [...datagram.payload]]).toEqual([
    '127.0.0.1',
    [...payload],
  ]);
  expect(await books()).toEqual({ received: 1, decoded: 0, stored: 1, dropped: {} });
  await log.close();
  folder.remove();
});

it('listens on loopback unless it is told otherwise', () => {
  expect(netflowCollectorConfigSchema.parse({})).toMatchObject({ host: '127.0.0.1', port: 2055 });
});
