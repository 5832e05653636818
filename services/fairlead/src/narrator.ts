import type { EventLog, LogBatch, Subscription } from '@fairlead/event-log';
import { Actuation, decodeFrames, Decision, Outcome, WanEvent } from '@fairlead/model';
import type { Component } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';

/** Tells on a terminal what the pipeline sees and does, a line for each event, decision and actuation. */
export function createNarrator(log: EventLog, out: NodeJS.WritableStream): Component {
  let subscription: Subscription | undefined;
  return {
    name: 'narrator',
    async start() {
      subscription = await log.subscribe({
        topics: [topics.wanEvents.name, topics.decisions.name, topics.actuations.name],
        startAt: 'latest',
        onBatch: async (batch) => {
          for (const line of describeBatch(batch)) out.write(`  ${line}\n`);
        },
      });
    },
    async stop() {
      await subscription?.stop();
    },
  };
}

function describeBatch({ topic, records }: LogBatch): string[] {
  return records.flatMap(({ value }) => {
    if (topic === topics.wanEvents.name) return decodeFrames(WanEvent, value).map(describeEvent);
    if (topic === topics.decisions.name) return decodeFrames(Decision, value).map(describeDecision);
    return decodeFrames(Actuation, value).map(describeActuation);
  });
}

const clockTime = (timeMs: number): string => new Date(timeMs).toLocaleTimeString('en-GB');

const describeEvent = (event: WanEvent): string =>
  `${clockTime(event.timeMs)}  event      ${printable(event.message)}`;

function describeDecision({ timeMs, fromWan, toWan, fromWeights, toWeights, reason }: Decision): string {
  const isShared = toWeights.length > 0;
  const [from, to] = isShared ? [fromWeights.join(':'), toWeights.join(':')] : [fromWan, toWan];
  return `${clockTime(timeMs)}  decision   ${from} → ${to}: ${printable(reason)}`;
}

function describeActuation(actuation: Actuation): string {
  const outcome =
    Object.entries(Outcome).find(([, value]) => value === actuation.outcome)?.[0] ?? 'UNSPECIFIED';
  const word = outcome.toLowerCase().replace('_', '-');
  if (actuation.connectionMark !== '') return describeRemoval(actuation, word);
  const move = `${printable(actuation.beforeMark)} → ${printable(actuation.afterMark || actuation.wantedMark)}`;
  const reason = actuation.reason === '' ? '' : `: ${printable(actuation.reason)}`;
  return `${clockTime(actuation.timeMs)}  actuation  ${move} ${word} after ${actuation.latencyMs.toFixed(0)} ms${reason}`;
}

const describeRemoval = ({ timeMs, connectionMark, reason }: Actuation, word: string): string =>
  `${clockTime(timeMs)}  actuation  removal of ${printable(connectionMark)} ${word}: ${printable(reason)}`;

/** Text that came from a router must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '·');
}
