import type { EventLog, LogBatch, LogRecord, NewRecord, Subscription } from '@fairlead/event-log';
import {
  type Actuation,
  type ActuationEffect,
  type Clock,
  createPerRouter,
  type DeadLetter,
  Decision,
  decodeFrames,
  Effect,
  encodeFrames,
  type EventKind,
  type InventorySource,
  Outcome,
  type Router,
  routerEvent,
  type RouterTask,
  Severity,
  type WanEvent,
} from '@fairlead/model';
import { type Component, createLedger, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { carryOut } from './carry-out.ts';
import type { ActuatorConfig } from './config.ts';
import { type ConnectionRemoval, createConnectionRemoval } from './connection-removal/connection-removal.ts';
import { createNewsFollower } from './connection-removal/follow-news.ts';
import { createEffectWatch, type EffectWatch } from './effect-watch.ts';
import { createHeartbeat } from './heartbeat.ts';
import { showWeights } from './part-rules.ts';
import { createSessionKeeper, type SteeredRouter } from './session-keeper.ts';
import type { Steered } from './steered.ts';
import { createWriteBudget } from './write-budget.ts';

const SERVICE = 'actuator';
/** Settings of rules in an hour for each part of new connections, unless the policy says how many. */
const WRITES_PER_PART = 6;

export interface ActuatorDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Name by which routers know this Fairlead, where the configuration gives none. */
  readonly instance: string;
}

/**
 * Carries decisions out, and is the only service that writes to routers. Every decision gives one record in
 * `actuations`, appended together with the commit of the decision; a refusal or failure is an event too. The decisions of
 * one router are carried out one after the other, those of different routers side by side.
 */
export function createActuator(
  config: ActuatorConfig,
  { log, inventory, clock, telemetry, instance }: ActuatorDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const limited = createRateLimitedLog(logger, {
    nowMs: () => clock.nowMs(),
    maxKeys: inventory.current().length + 1,
  });
  const ledger = createLedger(telemetry.registry, SERVICE, 'decisions');
  const lease = { holder: config.lease.holder ?? instance, seconds: config.lease.seconds };
  /** The end of what is being done to a router. */
  const underWay = new Map<string, Promise<Actuation>>();
  const steered = createPerRouter(inventory, (router): SteeredTask | undefined => {
    if (!isSteered(router)) return undefined;
    const keeper = createSessionKeeper(config, router, limited.warn);
    const heartbeat = createHeartbeat(config.lease, {
      ...{ router, keeper, holder: lease.holder, warn: limited.warn },
      onRival: (rival) => void tellRival(router, rival),
    });
    const effectWatch = createEffectWatch(config.effect, {
      ...{ router, keeper, clock, warn: limited.warn },
      publish: (effect, toWan) => log.append(effectRecords(effect, toWan)),
    });
    const { denominator, writesPerHour = WRITES_PER_PART * denominator } = router.steering.policy;
    const writes = createWriteBudget(writesPerHour, denominator, () => clock.monotonicMs());
    const removal = createConnectionRemoval({
      ...{ steered: { router, keeper, lease }, clock, maxNewsAgeMs: config.maxDecisionAgeMs },
      publish: (records) => publishRemoval(router, records),
    });
    keeper.start();
    heartbeat.start();
    return {
      router,
      removal,
      keeper,
      lease,
      writes,
      effectWatch,
      async stop() {
        await heartbeat.stop();
        await removal.stop();
        // A change that has begun is read back before its session ends.
        await underWay.get(router.name)?.catch(() => undefined);
        await effectWatch.stop();
        await keeper.stop();
      },
    };
  });
  let subscription: Subscription | undefined;

  const tellRival = async (router: Router, rival: string | undefined): Promise<void> => {
    const { name } = router;
    const isOurs = rival === undefined;
    const event = routerEvent(router, {
      timeMs: clock.nowMs(),
      kind: isOurs ? 'steering-held' : 'steering-contested',
      severity: isOurs ? Severity.INFO : Severity.ERROR,
      message: isOurs ? `held by ${lease.holder}` : `another Fairlead steers it: ${rival}`,
    });
    const { wanEvents } = topics;
    try {
      await log.append([{ topic: wanEvents.name, key: name, value: encodeFrames(wanEvents.codec, [event]) }]);
    } catch (error) {
      limited.warn(
        `rival ${name}`,
        { router: name, rival, err: error },
        'an event about the lease was not stored',
      );
    }
  };

  const publishRemoval = async (router: Router, records: readonly NewRecord[]): Promise<void> => {
    try {
      await log.append(records);
    } catch (error) {
      const about = { router: router.name, err: error };
      limited.warn(`removal ${router.name}`, about, 'what became of connections was not stored');
    }
  };

  const news = createNewsFollower(log, telemetry, limited.warn, (event) =>
    steered.get(event.router)?.removal.onEvent(event),
  );

  const carryOutInOrder = async (decisions: readonly Decision[]): Promise<NewRecord[]> => {
    const output: NewRecord[] = [];
    for (const decision of decisions) {
      const task = steered.get(decision.router);
      const work = carryOut(decision, task, {
        clock,
        maxDecisionAgeMs: config.maxDecisionAgeMs,
      });
      underWay.set(decision.router, work);
      const actuation = await work.finally(() => underWay.delete(decision.router));
      const { router, outcome, beforeMark, wantedMark, reason } = actuation;
      logger.info({ router, outcome, beforeMark, wantedMark, reason, decision: decision.id }, 'decision');
      output.push(...toRecords(actuation, decision));
      if (outcome === Outcome.CONFIRMED) task?.effectWatch.begin(actuation, decision);
    }
    return output;
  };

  const onBatch = async ({ records }: LogBatch): Promise<readonly NewRecord[]> => {
    const byRouter = new Map<string, Decision[]>();
    const output: NewRecord[] = [];
    for (const record of records) {
      const decisions = readDecisions(record);
      ledger.received(decisions?.length ?? 1);
      if (!decisions) {
        ledger.dropped('undecodable');
        output.push(deadLetter(record, clock.nowMs()));
      }
      for (const decision of decisions ?? []) {
        byRouter.set(decision.router, [...(byRouter.get(decision.router) ?? []), decision]);
      }
    }
    const groups = await Promise.all([...byRouter.values()].map(carryOutInOrder));
    ledger.stored([...byRouter.values()].flat().length);
    telemetry.setHealth(SERVICE, true);
    return [...output, ...groups.flat()];
  };

  return {
    name: SERVICE,
    async start() {
      steered.start();
      subscription = await log.subscribe({
        topics: [topics.decisions.name],
        group: SERVICE,
        startAt: 'earliest',
        onBatch,
        onError: (error) => {
          telemetry.setHealth(SERVICE, false, 'decisions cannot be read or actuations not be stored');
          limited.warn('log', { err: error }, 'event log');
        },
      });
      await news.start();
    },
    async stop() {
      await news.stop();
      await subscription?.stop();
      subscription = undefined;
      await steered.stop();
    },
  };
}

type SteeredTask = Steered &
  RouterTask & { readonly effectWatch: EffectWatch; readonly removal: ConnectionRemoval };

const isSteered = (router: Router): router is SteeredRouter =>
  router.api !== undefined && router.steering !== undefined;

function readDecisions(record: LogRecord): readonly Decision[] | undefined {
  try {
    return decodeFrames(Decision, record.value);
  } catch {
    return undefined;
  }
}

function toRecords(actuation: Actuation, decision: Decision): NewRecord[] {
  const { router } = actuation;
  const event = toEvent(actuation, decision);
  const { actuations, wanEvents } = topics;
  return [
    { topic: actuations.name, key: router, value: encodeFrames(actuations.codec, [actuation]) },
    ...(event ? [{ topic: wanEvents.name, key: router, value: encodeFrames(wanEvents.codec, [event]) }] : []),
  ];
}

function toEvent(actuation: Actuation, decision: Decision): WanEvent | undefined {
  const { outcome, router, site, timeMs, reason } = actuation;
  const refused = outcome === Outcome.REFUSED;
  if (!refused && outcome !== Outcome.FAILED && outcome !== Outcome.AMBIGUOUS) return undefined;
  const kind: EventKind = refused ? 'steering-refused' : 'steering-failed';
  return {
    id: `${router}/${decision.toWan}/${kind}/${timeMs}`,
    timeMs,
    site,
    router,
    wan: decision.toWan,
    kind,
    severity: refused ? Severity.WARNING : Severity.ERROR,
    message: `${describeMove(decision)}: ${reason}`,
  };
}

const describeMove = ({ fromWan, toWan, fromWeights, toWeights }: Decision): string =>
  toWeights.length > 0
    ? `${showWeights(fromWeights)} to ${showWeights(toWeights)}`
    : `${fromWan} to ${toWan}`;

function effectRecords(record: ActuationEffect, toWan: string): NewRecord[] {
  const { router, site, timeMs, effect, reason } = record;
  const { actuationEffects, wanEvents } = topics;
  const hasMoved = effect === Effect.MOVED;
  const kind: EventKind = hasMoved ? 'traffic-moved' : 'traffic-not-moved';
  const event: WanEvent = {
    ...{ id: `${router}/${toWan}/${kind}/${timeMs}`, timeMs, site, router, wan: toWan, kind },
    severity: hasMoved ? Severity.INFO : Severity.WARNING,
    message: reason,
  };
  const records = [
    { topic: actuationEffects.name, key: router, value: encodeFrames(actuationEffects.codec, [record]) },
  ];
  return effect === Effect.UNKNOWN
    ? records
    : [...records, { topic: wanEvents.name, key: router, value: encodeFrames(wanEvents.codec, [event]) }];
}

function deadLetter(record: LogRecord, timeMs: number): NewRecord {
  const letter: DeadLetter = {
    timeMs,
    service: SERVICE,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    reason: 'undecodable',
    value: record.value,
  };
  const { name, codec } = topics.deadLetter;
  return { topic: name, key: record.key, value: encodeFrames(codec, [letter]) };
}
