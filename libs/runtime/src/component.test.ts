import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type Component, runComponents } from './component.ts';
import { pause } from './wait.ts';

const log = pino({ level: 'silent' });

function scripted(story: string[], name: string, overrides: Partial<Component> = {}): Component {
  return {
    name,
    start: async () => {
      story.push(`start ${name}`);
    },
    stop: async () => {
      story.push(`stop ${name}`);
    },
    ...overrides,
  };
}

describe('runComponents', () => {
  it('starts in order and stops in reverse', async () => {
    const story: string[] = [];
    await runComponents([scripted(story, 'a'), scripted(story, 'b')], { until: Promise.resolve(), log });
    expect(story).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops what was started when one fails to start, and passes the reason on', async () => {
    const story: string[] = [];
    const failing = scripted(story, 'b', { start: () => Promise.reject(new Error('port taken')) });
    const running = runComponents([scripted(story, 'a'), failing, scripted(story, 'c')], {
      until: new Promise(() => undefined),
      log,
    });
    await expect(running).rejects.toThrow('port taken');
    expect(story).toEqual(['start a', 'stop b', 'stop a']);
  });

  it('goes on stopping when one fails or never ends', async () => {
    const story: string[] = [];
    const failing = scripted(story, 'b', { stop: () => Promise.reject(new Error('broken')) });
    const hanging = scripted(story, 'c', { stop: () => new Promise(() => undefined) });
    await runComponents([scripted(story, 'a'), failing, hanging], {
      until: Promise.resolve(),
      log,
      stopDeadlineMs: 20,
    });
    expect(story).toEqual(['start a', 'start b', 'start c', 'stop a']);
  });

  it('gives one that needs longer the time that it asks for', async () => {
    const story: string[] = [];
    const slow = scripted(story, 'b', {
      stopDeadlineMs: 60_000,
      async stop() {
        await pause(100);
        story.push('stop b');
      },
    });
    await runComponents([scripted(story, 'a'), slow], { until: Promise.resolve(), log, stopDeadlineMs: 1 });
    expect(story).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });
});
