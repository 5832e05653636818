import { createEmbeddedLog, type EventLog, type LogBatch, type NewRecord } from '@fairlead/event-log';
import { type Clock, decodeFrames, fixedInventory } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, describe, expect, it } from 'vitest';
import { wanProcessorConfigSchema } from './config.ts';
import { inventory, marked, T0, traffic } from './testing/two-routers.ts';
import { createWanProcessor } from './wan-processor.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A processor that gets the batches that a test hands to it. */
interface Processor {
  /** Works on the records of a topic from one offset up to another; what comes of it, without the saved memories. */
  work(topic: string, from: number, to: number, options?: Handing): Promise<string[]>;
}

interface Handing {
  /** Whether the outputs are put into the log; they are lost otherwise, as where another one was first. */
  readonly isCommitted?: boolean;
  readonly tenure?: number;
}

const SAMPLES = topics.counters.name;
const STATES = topics.routerState.name;

/** A log as a broker shows it between two owners of a partition: batches and commits come as the test says. */
async function openLog(records: readonly NewRecord[]) {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  opened.push(folder.remove, () => log.close());
  await log.ensureTopics(Object.values(topics));
  const [{ partition } = { partition: 0 }] = await log.append(records);
  const committed = new Map<string, number>();
  let asked = 0;
  const clock: Clock & { ms: number } = { ms: T0, nowMs: () => clock.ms, monotonicMs: () => clock.ms };
  return {
    log,
    clock,
    /** How often a processor asked how far the group is. */
    asked: () => asked,
    async processor(): Promise<Processor> {
      let onBatch: (batch: LogBatch) => Promise<readonly NewRecord[] | void> = async () => undefined;
      const held: EventLog = {
        ...log,
        async subscribe(options) {
          onBatch = options.onBatch;
          return { stop: async () => undefined };
        },
        async committed(_group, topic) {
          asked += 1;
          const offset = committed.get(topic);
          return new Map(offset === undefined ? [] : [[partition, offset]]);
        },
      };
      const processor = createWanProcessor(wanProcessorConfigSchema.parse({}), {
        ...{ log: held, clock, inventory: fixedInventory(inventory) },
        telemetry: createTelemetry({ level: 'silent' }),
      });
      await processor.start();
      opened.push(() => processor.stop());
      return {
        async work(topic, from, to, { isCommitted = true, tenure = 1 } = {}) {
          const batch = await log.read(topic, partition, from, to - from);
          const made = (await onBatch({ topic, partition, tenure, records: batch })) ?? [];
          if (isCommitted) {
            await log.append(made);
            committed.set(topic, to);
          }
          return made
            .filter((record) => record.topic !== topics.wanState.name)
            .map(({ topic: name, value }) => `${name} ${Buffer.from(value).toString('hex')}`);
        },
      };
    },
    /** What was told of silence. */
    async silences(): Promise<string[]> {
      const found = await log.read(topics.wanEvents.name, partition, 0, 100);
      return found
        .flatMap(({ value }) => decodeFrames(topics.wanEvents.codec, value))
        .filter(({ kind }) => kind.startsWith('samples'))
        .map(({ wan, kind, timeMs }) => `${wan} ${kind} ${(timeMs - T0) / 1_000}`);
    },
  };
}

/** Above the limit from the third second on, which is the fifth record's time to tell and to decide. */
const LOAD = traffic([0.1, 0.1, 0.9, 0.9, 0.9, 0.2, 0.2, 0.2]);
const STATE = marked(0, 'to-ISP1');

/** What one processor makes of the load that does all of it, in these pieces. */
async function alone(...pieces: readonly (readonly [from: number, to: number])[]): Promise<string[][]> {
  const { processor } = await openLog([STATE, ...LOAD]);
  const one = await processor();
  await one.work(STATES, 0, 1);
  const made: string[][] = [];
  for (const [from, to] of pieces) made.push(await one.work(SAMPLES, from, to));
  return made;
}

describe('a processor that takes a partition over', () => {
  it('begins where the other one committed, and not before its own last batch', async () => {
    const [, wanted] = await alone([0, 5], [5, 9]);
    const { processor } = await openLog([STATE, ...LOAD]);
    const [first, second] = [await processor(), await processor()];
    await first.work(STATES, 0, 1);
    await second.work(STATES, 0, 1);
    // Its batch was larger, and lost: the other one was first.
    await second.work(SAMPLES, 0, 7, { isCommitted: false });
    await first.work(SAMPLES, 0, 5);
    expect(await second.work(SAMPLES, 5, 9, { tenure: 2 })).toEqual(wanted);
    expect(wanted?.join()).toContain(topics.wanEvents.name);
  });

  it('does not go on from a memory that it made before the commit of the other one showed', async () => {
    const [, wanted] = await alone([0, 6], [6, 9]);
    const { processor } = await openLog([STATE, ...LOAD]);
    const [first, second] = [await processor(), await processor()];
    await first.work(STATES, 0, 1);
    await first.work(SAMPLES, 0, 4);
    await first.work(SAMPLES, 4, 6);
    // The broker still showed the place before, and what comes of it is dropped.
    await second.work(SAMPLES, 4, 6, { isCommitted: false });
    expect(await second.work(SAMPLES, 6, 9)).toEqual(wanted);
  });

  it('knows the marks at the time of samples that wait, also where newer ones are known', async () => {
    const states = [STATE, marked(3.5, 'to-ISP2')];
    const { processor } = await openLog([...states, ...LOAD]);
    const first = await processor();
    await first.work(STATES, 0, 2);
    await first.work(SAMPLES, 0, 3);
    const second = await processor();
    const made = await second.work(SAMPLES, 3, 9);
    const reference = await (await openLog([...states, ...LOAD])).processor();
    await reference.work(STATES, 0, 2);
    await reference.work(SAMPLES, 0, 3);
    expect(made).toEqual(await reference.work(SAMPLES, 3, 9));
  });

  it('reads the router states that others read meanwhile', async () => {
    const decided = async (isAlone: boolean): Promise<string[]> => {
      const { log, processor } = await openLog([marked(0, 'to-ISP2'), ...LOAD]);
      const [first, second] = [await processor(), await processor()];
      await first.work(STATES, 0, 1);
      await first.work(SAMPLES, 0, 2);
      await log.append([marked(1.5, 'to-ISP1')]);
      await (isAlone ? first : second).work(STATES, 1, 2);
      return first.work(SAMPLES, 2, 6, { tenure: isAlone ? 1 : 3 });
    };
    const alone = await decided(true);
    expect(await decided(false)).toEqual(alone);
    expect(alone.join()).toContain(topics.decisions.name);
  });
});

describe('counters that arrive', () => {
  it('are not missed, while the group stands still', async () => {
    const { processor, clock, asked, silences } = await openLog([STATE, ...LOAD]);
    const one = await processor();
    await one.work(STATES, 0, 1);
    await one.work(SAMPLES, 0, 2);
    clock.ms = T0 + 9_000;
    const before = asked();
    await until('it asks how far the group is', () => asked() >= before + 4);
    expect(await silences()).toEqual([]);
    await one.work(SAMPLES, 2, LOAD.length);
    clock.ms = T0 + 20_000;
    await until('the silence is told', async () => (await silences()).length > 1);
    expect(await silences()).toEqual(['ISP1 samples-missing 20', 'ISP2 samples-missing 20']);
  });

  it('are not missed by who has read the states of the router only', async () => {
    const { processor, clock, asked, silences } = await openLog([STATE, ...LOAD]);
    const [first, second] = [await processor(), await processor()];
    await second.work(STATES, 0, 1);
    await first.work(SAMPLES, 0, 2);
    clock.ms = T0 + 9_000;
    await first.work(SAMPLES, 2, LOAD.length);
    const before = asked();
    await until('the second asks how far the group is', () => asked() >= before + 2);
    clock.ms = T0 + 20_000;
    await until('the silence is told', async () => (await silences()).length > 1);
    expect(await silences()).toEqual(['ISP1 samples-missing 20', 'ISP2 samples-missing 20']);
  });
});
