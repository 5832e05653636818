import { createEmbeddedLog, type EventLog, type NewRecord } from '@fairlead/event-log';
import { type Clock, decodeFrames, encodeFrames, fixedInventory } from '@fairlead/model';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { type Topic, topics } from '@fairlead/topics';
import { afterEach, describe, expect, it } from 'vitest';
import { wanProcessorConfigSchema } from './config.ts';
import { counters, inventory, marked, T0, traffic } from './testing/two-routers.ts';
import { createWanProcessor } from './wan-processor.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface World {
  readonly log: EventLog;
  readonly clock: Clock & { ms: number };
  readonly telemetry: Telemetry;
  restart(): Promise<void>;
  /** One more processor of the group. */
  join(): Promise<void>;
  /** One of them ends. */
  leave(which: 'oldest' | 'newest'): Promise<void>;
  /** Ends the processor, so that what it counted is final. */
  stop(): Promise<void>;
  read<T>(topic: Topic<T>): Promise<T[]>;
}

async function open(wrap: (log: EventLog) => EventLog = (log) => log, config = {}): Promise<World> {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const telemetry = createTelemetry({ level: 'silent' });
  const clock = { ms: T0, nowMs: () => clock.ms, monotonicMs: () => clock.ms };
  const create = () =>
    createWanProcessor(wanProcessorConfigSchema.parse(config), {
      log: wrap(log),
      inventory: fixedInventory(inventory),
      clock,
      telemetry,
    });
  const processors = [create()];
  opened.push(
    folder.remove,
    () => log.close(),
    async () => {
      for (const processor of processors) await processor.stop();
    },
  );
  await processors[0]?.start();
  return {
    log,
    clock,
    telemetry,
    async restart() {
      await processors.shift()?.stop();
      const next = create();
      await next.start();
      processors.push(next);
    },
    async join() {
      const next = create();
      await next.start();
      processors.push(next);
    },
    async leave(which) {
      await (which === 'oldest' ? processors.shift() : processors.pop())?.stop();
    },
    async stop() {
      for (const processor of processors) await processor.stop();
    },
    async read(topic) {
      const partitions = await log.partitions(topic.name);
      const records = await Promise.all(
        partitions.map(({ partition }) => log.read(topic.name, partition, 0, 10_000)),
      );
      return records.flat().flatMap(({ value }) => decodeFrames(topic.codec, value));
    },
  };
}

const books = ({ telemetry }: World, unit: string) => readLedger(telemetry.registry, 'wan-processor', unit);

/** Waits until the processor has committed all of a topic. */
const worked = (world: World, topic: Topic<unknown>): Promise<unknown> =>
  until(`all of ${topic.name}`, async () => {
    const committed = await world.log.committed('wan-processor', topic.name);
    const partitions = await world.log.partitions(topic.name);
    return partitions.every(({ partition, nextOffset }) => (committed.get(partition) ?? 0) >= nextOffset);
  });

/** Appends marks first, so that they are known when the counters come. */
async function play(world: World, records: readonly NewRecord[]): Promise<void> {
  for (const topic of [topics.routerState, topics.counters]) {
    const own = records.filter((record) => record.topic === topic.name);
    if (own.length > 0) await world.log.append(own);
    await worked(world, topic);
  }
}

describe('wan-processor', () => {
  it('makes utilisation, an event and a decision out of counters', async () => {
    const world = await open();
    await play(world, [marked(0, 'to-ISP1'), ...traffic([0.5, 0.9, 0.9, 0.9])]);
    const utilisation = await world.read(topics.wanUtilisation);
    expect(utilisation.map(({ wan, rxUtil, active }) => [wan, Math.round(rxUtil * 100), active])).toEqual([
      ['ISP1', 50, true],
      ['ISP2', 10, false],
      ...[1, 2, 3].flatMap(() => [
        ['ISP1', 90, true],
        ['ISP2', 10, false],
      ]),
    ]);
    expect((await world.read(topics.wanEvents)).map(({ id }) => id)).toEqual([
      `gw1/ISP1/threshold-above/${T0 + 4_000}`,
    ]);
    expect(await world.read(topics.decisions)).toMatchObject([
      { id: `gw1/${T0 + 4_000}`, fromMark: 'to-ISP1', toMark: 'to-ISP2', policy: 'spill', site: 'depot' },
    ]);
  });

  it('comes back when the load is gone, by the marks that the router shows', async () => {
    const world = await open();
    const load = [0.9, 0.9, 0.9, 0.9, 0.4, 0.4, 0.4, 0.4];
    await play(world, [
      marked(0, 'to-ISP1'),
      marked(3.5, 'to-ISP2'),
      marked(7.5, 'to-ISP1'),
      ...traffic(load),
    ]);
    expect((await world.read(topics.decisions)).map(({ timeMs, toWan }) => [timeMs - T0, toWan])).toEqual([
      [3_000, 'ISP2'],
      [7_000, 'ISP1'],
    ]);
  });

  it('gives the same again when the same records are replayed', async () => {
    const records = [
      marked(0, 'to-ISP1'),
      marked(4.5, 'to-ISP2'),
      ...traffic([0.2, 0.9, 0.95, 0.9, 0.7, 0.3, 0.3, 0.3, 0.3]),
      ...traffic([0.9, 0.9, 0.9], { router: 'gw2' }),
    ];
    const outputs = await Promise.all(
      [0, 1].map(async () => {
        const world = await open();
        await play(world, records);
        const all = [topics.wanUtilisation, topics.wanEvents, topics.decisions] as readonly Topic<unknown>[];
        return Promise.all(all.map((topic) => world.read(topic)));
      }),
    );
    expect(outputs[0]).toEqual(outputs[1]);
    expect(outputs[0]?.map((records) => records.length)).toEqual([24, 3, 2]);
  });

  it('does a batch again from the memory before it when its result was not stored', async () => {
    let failures = 3;
    const failing = (log: EventLog): EventLog => ({
      ...log,
      subscribe: (options) =>
        log.subscribe({
          ...options,
          async onBatch(batch) {
            const made = await options.onBatch(batch);
            if (batch.topic === topics.counters.name && failures-- > 0) throw new Error('not stored');
            return made;
          },
        }),
    });
    const world = await open(failing);
    await play(world, traffic([0.9, 0.9, 0.9, 0.9]));
    expect(failures).toBeLessThan(0);
    expect(await world.read(topics.wanUtilisation)).toHaveLength(8);
    expect(await world.read(topics.wanEvents)).toHaveLength(1);
    expect(await books(world, 'samples')).toMatchObject({
      received: 10,
      decoded: 8,
      dropped: { 'first-sample': 2 },
    });
    expect(await books(world, 'records')).toMatchObject({ received: 9, stored: 9, dropped: {} });
  });

  it('goes on after a restart as if there had been none', async () => {
    const world = await open();
    const records = [marked(0, 'to-ISP1'), ...traffic([0.9, 0.9, 0.9, 0.1, 0.1, 0.1])];
    await play(world, records.slice(0, 4));
    await world.restart();
    await play(world, records.slice(4));
    expect(await world.read(topics.wanUtilisation)).toHaveLength(2 * 6);
    expect((await world.read(topics.wanEvents)).map(({ kind }) => kind)).toEqual([
      'threshold-above',
      'threshold-below',
    ]);
    expect((await world.read(topics.decisions)).map(({ id }) => id)).toEqual([`gw1/${T0 + 3_000}`]);
  });

  it('begins anew where the saved memory is not sound', async () => {
    const world = await open();
    const records = traffic([0.9, 0.9]);
    await play(world, records.slice(0, 2));
    await world.restart();
    const state = {
      timeMs: T0 + 9_000,
      site: 'depot',
      router: 'gw1',
      nextOffset: 1,
      memory: '{"version":9}',
    };
    await world.log.append([
      { topic: topics.wanState.name, key: 'gw1', value: encodeFrames(topics.wanState.codec, [state]) },
    ]);
    await play(world, records.slice(2));
    expect(await books(world, 'samples')).toMatchObject({ decoded: 2, dropped: { 'first-sample': 4 } });
  });

  it('gives what one processor would have given while others come and go', async () => {
    const names = ['gw1', 'gw2'] as const;
    const lengthS = 3;
    const seconds = Array.from({ length: 16 * lengthS }, (_, at) => at);
    const streams = names.map((router, i) =>
      traffic(
        seconds.map((at) => 0.7 + 0.25 * Math.sin(at / (3 + i))),
        { router },
      ),
    );
    const chunks = Array.from({ length: 16 }, (_, chunk) => [
      ...names.map((router) => marked(chunk * lengthS - 0.5, 'to-ISP1', router)),
      ...streams.flatMap((stream) =>
        stream.slice(chunk * lengthS + (chunk > 0 ? 1 : 0), (chunk + 1) * lengthS + 1),
      ),
    ]);
    const outputs = async (
      change: (world: World, chunk: number) => Promise<unknown>,
    ): Promise<string[][]> => {
      const world = await open();
      for (const [chunk, records] of chunks.entries()) {
        await change(world, chunk);
        await play(world, records);
      }
      return [
        (await world.read(topics.decisions)).map(({ id, toWan }) => `${id} ${toWan}`).sort(),
        (await world.read(topics.wanEvents)).map(({ id }) => id).sort(),
        (await world.read(topics.wanUtilisation))
          .map(({ router, wan, timeMs, rxBps }) => `${router} ${wan} ${timeMs} ${Math.round(rxBps)}`)
          .sort(),
      ];
    };
    const alone = await outputs(async () => undefined);
    const changing = await outputs(async (world, chunk) => {
      if (chunk % 3 === 1) await world.join();
      else if (chunk % 3 === 2) await world.leave(chunk % 2 === 0 ? 'oldest' : 'newest');
    });
    expect(changing).toEqual(alone);
    expect(alone[0]?.length).toBeGreaterThan(2);
    expect(alone[1]?.length).toBeGreaterThan(4);
  });

  it('does not miss the counters of a router that another processor took over', async () => {
    const world = await open();
    await play(world, [...traffic([0.1]), ...traffic([0.1], { router: 'gw2' })]);
    // The partition of gw1 goes to the second processor, that of gw2 stays.
    await world.join();
    world.clock.ms += 4_000;
    await play(world, traffic([0.1], { fromS: 4 }));
    world.clock.ms += 3_000;
    const missing = async (): Promise<string[]> =>
      (await world.read(topics.wanEvents)).map(({ router, kind }) => `${router} ${kind}`);
    await until('the silent one is missed', async () => (await missing()).includes('gw2 samples-missing'));
    await world.stop();
    expect((await missing()).filter((line) => line.endsWith('missing'))).toEqual([
      'gw2 samples-missing',
      'gw2 samples-missing',
    ]);
  });

  it('counts why nothing was decided', async () => {
    const world = await open();
    await play(world, [marked(0, 'to-ISP1'), ...traffic([0.5, 0.5])]);
    await play(world, traffic([0.5], { router: 'gw2' }));
    const metric = world.telemetry.registry.getSingleMetric('fairlead_steering_holds_total');
    const values = (await metric?.get())?.values.map(({ labels, value }) => [labels['reason'], value]);
    expect(Object.fromEntries(values ?? [])).toEqual({ stale: 1, 'within-limits': 2, 'weights-unknown': 2 });
  });

  it('decides nothing on records that are old by the clock', async () => {
    const world = await open();
    world.clock.ms = T0 + 60_000;
    await play(world, [marked(0, 'to-ISP1'), ...traffic([0.9, 0.9, 0.9, 0.9])]);
    expect(await world.read(topics.wanUtilisation)).toHaveLength(8);
    expect(await world.read(topics.wanEvents)).toHaveLength(1);
    expect(await world.read(topics.decisions)).toEqual([]);
  });

  it('says once that the counters of a WAN stay away, and once that they are back', async () => {
    const world = await open(undefined, { staleAfterMs: 1_000 });
    const kinds = async (): Promise<string[]> =>
      (await world.read(topics.wanEvents)).map(({ wan, kind }) => `${wan} ${kind}`);
    await play(world, traffic([0.1]));
    world.clock.ms += 3_500;
    await until('both to be missed', async () => (await kinds()).length >= 2);
    await play(world, [counters(4, { ISP2: 9_999_999 })]);
    await until('one to be back', async () => (await kinds()).length >= 3);
    expect(await kinds()).toEqual(['ISP1 samples-missing', 'ISP2 samples-missing', 'ISP2 samples-back']);
  });

  it('misses the WANs of a router of which only the state is known', async () => {
    const world = await open();
    await play(world, [marked(0, 'to-ISP1')]);
    world.clock.ms += 6_000;
    await until('both to be missed', async () => (await world.read(topics.wanEvents)).length === 2);
    expect((await world.read(topics.wanEvents))[0]).toMatchObject({
      id: `gw1/ISP1/samples-missing/${T0 + 6_000}`,
      message: 'ISP1: no counters for 5 s',
    });
  });

  it('keeps its books, and puts aside what it cannot read', async () => {
    const world = await open();
    const [first, second] = traffic([0.5]);
    if (!first || !second) throw new Error('no traffic');
    await play(world, [
      first,
      { ...first, value: first.value.subarray(0, -1) },
      counters(1, { ether9: 1 }),
      counters(1, { ISP1: 1 }, 'nobody'),
      second,
      { ...marked(0, 'to-ISP1'), value: Buffer.from([9]) },
    ]);
    expect(await books(world, 'samples')).toMatchObject({
      received: 7,
      decoded: 2,
      dropped: { 'first-sample': 2, broken: 1, 'not-a-wan': 1, 'unknown-router': 1 },
    });
    expect(await books(world, 'states')).toMatchObject({ received: 1, decoded: 0, dropped: { broken: 1 } });
    const letters = await world.read(topics.deadLetter);
    expect(letters.map(({ service, topic }) => [service, topic]).sort()).toEqual([
      ['wan-processor', topics.counters.name],
      ['wan-processor', topics.routerState.name],
    ]);
  });

  it('stops twice', async () => {
    const world = await open();
    await world.stop();
    await world.stop();
  });
});
