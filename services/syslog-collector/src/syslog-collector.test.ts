import { createEmbeddedLog } from '@fairlead/event-log';
import { decodeFrames, inventorySchema, SyslogMessage, systemClock, fixedInventory } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { createSyslogCollector, syslogCollectorConfigSchema } from './index.ts';

const inventory = inventorySchema.parse([
  {
    name: 'gw1',
    site: 'north',
    address: '127.0.0.1',
    snmp: { community: 'public' },
    wans: [{ name: 'isp1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'isp1' }],
  },
]);

it('puts messages into the log, parsed, keyed by the router that sent them', async () => {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const telemetry = createTelemetry({ level: 'silent' });
  const config = syslogCollectorConfigSchema.parse({ port: 0 });
  const collector = createSyslogCollector(config, {
    log,
    inventory: fixedInventory(inventory),
    clock: systemClock,
    telemetry,
  });
  await collector.start();

  const socket = createSocket('udp4');
  const books = (): ReturnType<typeof readLedger> =>
    readLedger(telemetry.registry, 'syslog-collector', 'datagrams');
  const { port } = collector.address();
  socket.send('interface,info ether1 link down', port, '127.0.0.1');
  socket.send('<30>Oct  2 17:36:35 north gw system,info rebooted', port, '127.0.0.1');
  socket.send('what is this', port, '127.0.0.1');
  await until('the messages are stored', async () => (await books()).stored === 3);
  socket.close();
  await collector.stop();

  const name = topics.syslog.name;
  const partitions = await log.partitions(name);
  const records = (
    await Promise.all(partitions.map(({ partition }) => log.read(name, partition, 0, 10)))
  ).flat();
  expect(new Set(records.map(({ key }) => key))).toEqual(new Set(['gw1']));
  expect(records.flatMap(({ value }) => decodeFrames(SyslogMessage, value))).toMatchObject([
    { router: 'gw1', format: 'routeros-default', topics: ['interface', 'info'], message: 'ether1 link down' },
    { router: 'gw1', format: 'rfc3164', hostname: 'north gw', message: 'rebooted' },
    { router: 'gw1', format: 'unparsed', message: 'what is this' },
  ]);
  expect(await books()).toEqual({ received: 3, decoded: 0, stored: 3, dropped: {} });
  await log.close();
  folder.remove();
});

it('listens on loopback unless it is told otherwise', () => {
  expect(syslogCollectorConfigSchema.parse({})).toMatchObject({ host: '127.0.0.1', port: 5514 });
});
