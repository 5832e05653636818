/**
 * The snmp-collector alone in a process, into the embedded event log as `fairlead run` uses it: first a fleet of healthy
 * agents, then, again and again, healthy ones without and with others that are silent, slow or send garbage. The
 * message of the parent, an `SnmpPollerJob`, is answered with an `SnmpFleetResult` of the fleet and a `Turn` of each turn.
 */
import { createEmbeddedLog } from '@fairlead/event-log';
import { createInventoryHolder, type Inventory, inventorySchema, systemClock } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { createSnmpCollector, snmpCollectorConfigSchema } from '@fairlead/snmp-collector';
import { temporaryFolder } from '@fairlead/testkit';
import { createFleetWatch, type FleetResult, INTERVAL_MS } from './fleet.ts';
import { takeTurns, type TurnsPlan } from './take-turns.ts';
import { tellParent } from './tell-parent.ts';

export interface SnmpPollerJob {
  readonly healthyPorts: readonly number[];
  readonly badPorts: readonly number[];
  /** Of the fleet of all healthy ones; 0 for none. */
  readonly seconds: number;
  readonly turns: TurnsPlan;
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
  const { healthyPorts, badPorts, seconds, turns } = job;
  const alone = describeAgents('gw', healthyPorts.slice(0, healthyPorts.length - badPorts.length));
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
  const fleet = watchFleet('fairlead_snmp_poll_seconds');
  const count = async (): Promise<{ readonly pdus: number; readonly samples: number }> => ({
    pdus: (await readLedger(telemetry.registry, 'snmp-collector', 'datagrams')).decoded,
    samples: (await readLedger(telemetry.registry, 'snmp-collector', 'samples')).stored,
  });
  await collector.start();
  if (seconds > 0) {
    await fleet.settle(healthyPorts.length);
    const before = await count();
    const recording = await fleet.record(healthyPorts.length, 0, seconds);
    const now = await count();
    await tellParent({
      ...recording,
      bytesPerRouter: fleet.bytesPerRouter(healthyPorts.length),
      pdus: now.pdus - before.pdus,
      complete: (now.samples - before.samples) / INTERFACES,
    } satisfies SnmpFleetResult);
  }
  const among = [...alone, ...describeAgents('bad', badPorts)];
  await takeTurns(
    turns,
    { healthy: alone.length, bad: badPorts.length },
    fleet,
    (withBad) => void inventory.replace(withBad ? among : alone),
    tellParent,
  );
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
