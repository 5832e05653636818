import type { FaultyProxy } from './faulty-proxy.ts';
import type { Unit } from './fleet.ts';
import { logFaults } from './log-faults.ts';
import type { LogUnderTest } from './log-under-test.ts';
import type { Producer } from './producer.ts';
import type { Random } from './random.ts';
import type { Receiving } from './receiving.ts';
import type { SmallDisk } from './small-disk.ts';

export interface Fault {
  readonly name: string;
  /** What no other fault may touch at the same time. */
  readonly targets: readonly string[];
  /** How often it is chosen, against the others. */
  readonly weight: number;
  /** Whether it comes at its turn, with nothing else under way, beside by chance. */
  readonly isAlone?: boolean;
  /** Does it, and resolves when it is over and everything runs again. */
  run(): Promise<void>;
}

export interface World {
  readonly units: readonly Unit[];
  readonly store: Unit;
  readonly proxy: FaultyProxy;
  readonly log: LogUnderTest;
  /** The name of the collector of flows, what it receives, and the folder of its spool. */
  readonly collector: { readonly name: string; readonly receiving: Receiving; readonly spool: string };
  readonly producer: Pick<Producer, 'holdFlows'>;
  /** Where the spools are; absent with the embedded log, and where nothing can be mounted. */
  readonly spoolDisk: SmallDisk | undefined;
  /** Gives up the log that the run itself has open, and opens it again. */
  closeLog(): Promise<void>;
  openLog(): Promise<void>;
  /** A configuration of the fleet. */
  readonly configuration: string;
  /** Starts that were refused because the log was cut off. */
  refusedStarts: number;
  readonly random: Random;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Everything that can go wrong, each for a moment of random length. */
export function faultsOf(world: World): Fault[] {
  const { units, store, proxy, random } = world;
  const aMoment = (): Promise<void> => pause(random.between(300, 2_000));
  const paused = units.filter(({ name }) => !name.includes('collector'));

  return [
    ...units.map((unit) => killing(unit, 2, random)),
    killing(store, 3, random),
    ...paused.map((unit) => ({
      name: `stop ${unit.name}`,
      targets: [unit.name],
      weight: 1,
      async run() {
        unit.pause();
        await pause(random.between(500, 7_000));
        unit.resume();
      },
    })),
    {
      name: 'store refuses',
      targets: ['proxy'],
      weight: 3,
      async run() {
        await proxy.refuse();
        await aMoment();
        await proxy.listen();
      },
    },
    ...(['slow', 'error-after', 'cut-after'] as const).map((fault) => ({
      name: `store ${fault}`,
      targets: ['proxy'],
      weight: 3,
      async run() {
        proxy.set(fault, random.between(500, 3_000));
        await aMoment();
        await aMoment();
        proxy.set('none');
      },
    })),
    ...logFaults(world),
  ];
}

const killing = (unit: Unit, weight: number, random: Random): Fault => ({
  name: `kill ${unit.name}`,
  targets: [unit.name],
  weight,
  async run() {
    await unit.kill();
    await pause(random.between(0, 500));
    await unit.start();
    // Some time to be at work before the next one.
    await pause(random.between(0, 1_500));
  },
});

/** The long ones, once in each run: the store refuses, and the broker stands still. */
export function longFaults({ proxy, log, collector }: World, longMs: number): Fault[] {
  const refusing: Fault = {
    name: `store refuses for ${longMs / 1_000} s`,
    targets: ['proxy'],
    weight: 1,
    async run() {
      await proxy.refuse();
      await pause(longMs);
      await proxy.listen();
    },
  };
  const { broker } = log;
  if (!broker) return [refusing];
  const standing: Fault = {
    name: `stop the broker for ${longMs / 1_000} s`,
    targets: ['log', collector.name],
    weight: 1,
    async run() {
      const window = await collector.receiving.watch(this.name);
      broker.pause();
      await pause(longMs);
      broker.resume();
      await window.end();
    },
  };
  return [refusing, standing];
}

/** One of those that touch nothing that is busy, by weight; undefined when there is none. */
export function chooseFault(
  faults: readonly Fault[],
  busy: ReadonlySet<string>,
  random: Random,
): Fault | undefined {
  const free = faults.filter(({ targets }) => targets.every((target) => !busy.has(target)));
  let left = random.next() * free.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of free) {
    left -= fault.weight;
    if (left <= 0) return fault;
  }
  return free.at(-1);
}
