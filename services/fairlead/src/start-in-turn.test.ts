import { type Component, createTelemetry } from '@fairlead/runtime';
import { until } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { startInTurn } from './start-in-turn.ts';

const SOON = { unopened: 1, opened: 1 };

function bench() {
  const telemetry = createTelemetry({ level: 'silent' });
  const story: string[] = [];
  let open: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve;
    refuse = reject;
  });
  opened.catch(() => undefined);
  const part = (name: string, start = async (): Promise<void> => undefined): Component => ({
    name,
    async start() {
      story.push(`start ${name}`);
      await start();
    },
    async stop() {
      story.push(`stop ${name}`);
    },
  });
  const inTurn = (components: readonly Component[], waitMs?: typeof SOON) =>
    startInTurn(components, {
      ...{ opened, telemetry },
      giveUp: () => refuse(new Error('given up')),
      ...(waitMs && { waitMs }),
    });
  return { telemetry, story, part, inTurn, open: () => open() };
}

const startAll = async (components: readonly Component[]): Promise<void> => {
  for (const component of components) await component.start();
};
const stopAll = async (components: readonly Component[]): Promise<void> => {
  for (const component of [...components].reverse()) await component.stop();
};

describe('components that start in turn', () => {
  it('hold nobody up while they wait, say so, and start in their order then', async () => {
    const { telemetry, story, part, inTurn, open } = bench();
    const { components, ...rest } = inTurn([part('a'), part('b')], SOON);
    expect(rest.isDone).toBe(false);
    await startAll(components);
    expect(story).toEqual([]);
    expect(telemetry.health().parts).toEqual({ a: 'waits for the event log', b: 'waits for the event log' });
    open();
    await until('all is well', () => telemetry.health().healthy);
    expect(story).toEqual(['start a', 'start b']);
    await stopAll(components);
    expect(story.slice(2)).toEqual(['stop b', 'stop a']);
  });

  it('leave what a component says of itself', async () => {
    const { telemetry, part, inTurn, open } = bench();
    const busy = part('a', async () => telemetry.setHealth('a', false, 'the store is away'));
    const inOrder = inTurn([busy], SOON);
    await startAll(inOrder.components);
    open();
    await until('it has started', () => inOrder.isDone);
    expect(telemetry.health().parts['a']).toBe('the store is away');
  });

  it('fail at once while others wait for them, and say so later when nobody does', async () => {
    const soon = bench();
    const broken = async (): Promise<void> => Promise.reject(new Error('no database'));
    soon.open();
    await expect(startAll(soon.inTurn([soon.part('a', broken)]).components)).rejects.toThrow('no database');

    const late = bench();
    const inOrder = late.inTurn([late.part('a', broken), late.part('b')], SOON);
    await startAll(inOrder.components);
    late.open();
    await expect(inOrder.failed).rejects.toThrow('no database');
    expect(late.story).toEqual(['start a']);
  });

  it('are not started any more once they are stopped', async () => {
    const { story, part, inTurn, open } = bench();
    const { components, failed } = inTurn([part('a')], SOON);
    let failure: unknown;
    failed.catch((error: unknown) => (failure = error));
    await startAll(components);
    await stopAll(components);
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(story).toEqual(['stop a']);
    expect(failure).toBeUndefined();
  });
});
