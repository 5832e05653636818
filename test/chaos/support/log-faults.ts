import { runFairlead } from '../../e2e/support/fairlead-process.ts';
import { lastOfSpool, loseTail } from './cut-spool.ts';
import type { Fault, World } from './faults.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What can go wrong with the event log, and with the spools before it. */
export function logFaults(world: World): Fault[] {
  return [
    ...brokerFaults(world),
    ...fullSpoolFaults(world),
    ...cutSpoolFaults(world),
    ...cutFaults(world),
    tearing(world),
  ];
}

const tearing = (world: World): Fault => {
  const { units, log } = world;
  return {
    name: 'tear the tail of the log',
    isAlone: true,
    targets: ['log', ...units.map(({ name }) => name)],
    weight: log.kind === 'embedded' ? 1 : 0.5,
    async run() {
      await Promise.all(units.map((unit) => unit.kill()));
      await world.closeLog();
      await log.broker?.kill();
      await log.tearTail();
      await log.broker?.start();
      await world.openLog();
      await Promise.all(units.map((unit) => unit.start()));
    },
  };
};

/** A log that lost its tail is refused, by words that say so, and nothing of it is changed; then it comes from a backup. */
function cutFaults(world: World): Fault[] {
  const { units, log, random } = world;
  const { cutTail } = log;
  if (!cutTail) return [];
  return [
    {
      name: 'cut off the tail of the log',
      isAlone: true,
      targets: ['log', ...units.map(({ name }) => name)],
      weight: 1,
      async run() {
        await Promise.all(units.map((unit) => unit.kill()));
        await world.closeLog();
        const restore = await cutTail(random.between(0.2, 0.7));
        const services = random.pick(['clickhouse-writer', 'netflow-collector']);
        const refused = await runFairlead(['run', '--config', world.configuration, '--services', services]);
        if (refused.exitCode !== 1 || !refused.stderr.includes('is cut off: it has')) {
          throw new Error(`a log that was cut off was not refused: ${refused.exitCode}, ${refused.stderr}`);
        }
        world.refusedStarts += 1;
        await restore();
        await world.openLog();
        await Promise.all(units.map((unit) => unit.start()));
      },
    },
  ];
}

function brokerFaults({ log, random }: World): Fault[] {
  const { broker } = log;
  if (!broker) return [];
  return [
    {
      name: 'kill the broker',
      targets: ['log'],
      weight: 2,
      async run() {
        await broker.kill();
        await broker.start();
      },
    },
    {
      name: 'stop the broker',
      targets: ['log'],
      weight: 2,
      async run() {
        broker.pause();
        await pause(random.between(500, 4_000));
        broker.resume();
      },
    },
  ];
}

/** While its spool has no room and the broker takes nothing, a collector lets go what its queue cannot hold, and counts it. */
function fullSpoolFaults({ log, collector, spoolDisk, random }: World): Fault[] {
  const { broker } = log;
  if (!broker || !spoolDisk) return [];
  return [
    {
      name: 'no room for the spool',
      targets: ['log', collector.name],
      weight: 2,
      async run() {
        const window = await collector.receiving.watch(this.name);
        spoolDisk.fill();
        broker.pause();
        await pause(random.between(3_000, 8_000));
        // One may be well again before the other.
        const undo = [() => broker.resume(), () => spoolDisk.free()];
        if (random.next() < 0.5) undo.reverse();
        for (const step of undo) {
          step();
          await pause(random.between(0, 2_000));
        }
        await window.end();
      },
    },
  ];
}

/**
 * What the spool had acknowledged and a power cut took is counted when it is opened again. Appends that were under way when the
 * broker stopped may be in both, so only what came later is cut.
 */
function cutSpoolFaults({ units, log, collector, producer, random }: World): Fault[] {
  const { broker } = log;
  const unit = units.find(({ name }) => name === collector.name);
  if (!broker || !unit) return [];
  const { receiving, spool } = collector;
  return [
    {
      name: 'cut off the tail of the spool',
      isAlone: true,
      targets: ['log', collector.name],
      weight: 1.5,
      async run() {
        await receiving.untilDrained();
        const window = await receiving.watch(this.name);
        const before = await lastOfSpool(spool);
        broker.pause();
        await pause(random.between(5_000, 8_000));
        producer.holdFlows(true);
        await receiving.untilTaken();
        await window.leave();
        await unit.kill();
        const tail = await lastOfSpool(spool);
        if (!tail) throw new Error('nothing is in the spool');
        const from = tail.file === before?.file ? before.bytes : 0;
        await loseTail(tail, from, random.between(0.6, 0.95), random.pick(['shorter', 'zeros'] as const));
        await unit.start();
        producer.holdFlows(false);
        broker.resume();
        await window.end();
      },
    },
  ];
}
