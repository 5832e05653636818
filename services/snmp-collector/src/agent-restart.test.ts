import { foldRate, type RateResult, type RateState } from '@fairlead/counters';
import { createEmbeddedLog } from '@fairlead/event-log';
import {
  decodeFrames,
  fixedInventory,
  type InterfaceCounters,
  inventorySchema,
  systemClock,
} from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { startSnmpd } from '@fairlead/snmp/testing';
import { requirement, temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, expect, it } from 'vitest';
import { snmpCollectorConfigSchema } from './config.ts';
import { createSnmpCollector } from './snmp-collector.ts';

const need = requirement('snmpd');
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const user = {
  name: 'poller',
  auth: { protocol: 'sha256', password: 'the way in' },
  priv: { protocol: 'aes', password: 'kept secret' },
};

it("goes on with Debian's snmpd when that has restarted, and no rate spans the restart", async (ctx) => {
  if (!need.met) return ctx.skip(need.reason);
  const snmpd = await startSnmpd([
    `createUser poller SHA-256 "${user.auth.password}" AES "${user.priv.password}"`,
    'rouser poller priv',
  ]);
  opened.push(() => snmpd.stop());
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const lo = { name: 'lo', interface: 'lo', capacity: { rx: '1G', tx: '1G' }, routingMark: 'lo' };
  const snmp = { port: snmpd.port, user, intervalMs: 1_000 };
  const collector = createSnmpCollector(snmpCollectorConfigSchema.parse({ maxBackoffMs: 1_000 }), {
    log,
    inventory: fixedInventory(
      inventorySchema.parse([{ name: 'gw1', site: 's1', address: '127.0.0.1', snmp, wans: [lo] }]),
    ),
    clock: systemClock,
    telemetry: createTelemetry({ level: 'silent' }),
  });
  opened.push(
    folder.remove,
    () => log.close(),
    () => collector.stop(),
  );
  await collector.start();
  const samples = async (): Promise<InterfaceCounters[]> => {
    const partitions = await log.partitions(topics.counters.name);
    const records = await Promise.all(
      partitions.map(({ partition }) => log.read(topics.counters.name, partition, 0, 10_000)),
    );
    return records.flat().flatMap(({ value }) => decodeFrames(topics.counters.codec, value));
  };
  await until('a sample', async () => (await samples()).length > 0);
  const [first] = await samples();
  await snmpd.restart();
  const boots = Number(first?.engineBoots);
  const isLater = ({ engineBoots }: InterfaceCounters): boolean => engineBoots === boots + 1;
  await until('two samples of the next run', async () => (await samples()).filter(isLater).length >= 2);

  let state: RateState | undefined;
  const results: RateResult[] = [];
  const taken = await samples();
  for (const sample of taken) {
    const step = foldRate(state, sample, { maxGapMs: 60_000, minIntervalMs: 1 });
    ({ state } = step);
    results.push(step.result);
  }
  expect(results[taken.findIndex(isLater)]).toEqual({ kind: 'none', reason: 'reset' });
  expect(results.filter(({ kind }) => kind === 'rate')).not.toEqual([]);
  for (const result of results) {
    if (result.kind === 'rate') expect(result.rate.rxBps).toBeGreaterThanOrEqual(0);
  }
});
