/**
 * The snmp-collector alone in a process, into the embedded event log as `fairlead run` uses it: first a fleet of healthy
 * agents, then, again and again, the same healthy ones without and with agents that are silent, slow or send garbage. The
 * message of the parent, an `SnmpPollerJob`, is answered with one `SnmpFleetResult` for each fleet.
 */
import { createEmbeddedLog } from '@fairlead/event-log';
import { createInventoryHolder, type Inventory, inventorySchema, systemClock } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { createSnmpCollector, snmpCollectorConfigSchema } from '@fairlead/snmp-collector';
import { temporaryFolder } from '@fairlead/testkit';
import { createFleetWatch, type FleetResult, INTERVAL_MS } from './fleet.ts';

export interface SnmpPollerJob {
  readonly healthyPorts: readonly number[];
  readonly badPorts: readonly number[];
  /** Of the fleet of all healthy ones; 0 for none. */
  readonly seconds: number;
  readonly rounds: number;
  /** Of each fleet of each round. */
  readonly roundSeconds: number;
}

export interface SnmpFleetResult extends FleetResult {
  /** Samples stored, in polls of all eight interfaces: a poll that lacks one makes it less. */
  readonly complete: number;
  /** Answers read in that time. */
  readonly pdus: number;
}

const INTERFACES = 8;

process.once('message', (job: SnmpPollerJob) => {
  void measure(job).then(() => process.disconnect());
});

async function measure(job: SnmpPollerJob): Promise<void> {
  const { healthyPorts, badPorts, seconds, rounds, roundSeconds } = job;
  const core = describeAgents('gw', healthyPorts.slice(0, healthyPorts.length - badPorts.length));
  const inventory = createInventoryHolder(describeAgents('gw', healthyPorts));
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const telemetry = createTelemetry({ level: 'silent' });
  const watchFleet = createFleetWatch(telemetry);
  const collector = createSnmpCollector(snmpCollectorConfigSchema.parse({}), {
    log,
    inventory,
    clock: systemClock,
    telemetry,
  });
  const { watch } = watchFleet('fairlead_snmp_poll_seconds');
  const count = async (): Promise<{ readonly pdus: number; readonly samples: number }> => ({
    pdus: (await readLedger(telemetry.registry, 'snmp-collector', 'datagrams')).decoded,
    samples: (await readLedger(telemetry.registry, 'snmp-collector', 'samples')).stored,
  });
  const send = async (healthy: number, bad: number, watchSeconds: number): Promise<void> => {
    const fleet = await watch(healthy, bad, watchSeconds, async () => {
      const before = await count();
      return async () => {
        const now = await count();
        return { pdus: now.pdus - before.pdus, complete: (now.samples - before.samples) / INTERFACES };
      };
    });
    process.send?.(fleet satisfies SnmpFleetResult);
  };
  await collector.start();
  if (seconds > 0) await send(healthyPorts.length, 0, seconds);
  for (let round = 0; round < rounds; round += 1) {
    inventory.replace(core);
    await send(core.length, 0, roundSeconds);
    inventory.replace([...core, ...describeAgents('bad', badPorts)]);
    await send(core.length, badPorts.length, roundSeconds);
  }
  await collector.stop();
  await log.close();
  folder.remove();
}

function describeAgents(name: string, ports: readonly number[]): Inventory {
  const wans = Array.from({ length: INTERFACES }, (_, i) => ({
    name: `wan${i + 1}`,
    interface: `ether${i + 1}`,
    capacity: { rx: '1G', tx: '1G' },
    routingMark: `wan${i + 1}`,
  }));
  return inventorySchema.parse(
    ports.map((port, i) => ({
      name: `${name}${i}`,
      site: 'bench',
      address: '127.0.0.1',
      snmp: { port, community: 'public', intervalMs: INTERVAL_MS },
      wans,
    })),
  );
}
