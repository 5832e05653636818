import { type ConnectionRemovalSettings, Outcome } from '@fairlead/model';
import { TrapError } from '@fairlead/routeros';
import { pause } from '@fairlead/runtime';
import type { Lease } from '../steered.ts';
import { takeLease } from '../lease.ts';
import { UnreadableError } from '../read-menu.ts';
import type { LiveSession, SessionKeeper } from '../session-keeper.ts';
import { judgeRemoval, type RemovalCase } from './judge-removal.ts';
import { readMarked, readRemoval, REMOVE_CONNECTION } from './read-connections.ts';
import type { RemovalEnd } from './removal-records.ts';

export interface Removal {
  readonly keeper: SessionKeeper;
  readonly lease: Lease;
  readonly settings: ConnectionRemovalSettings;
  /** The connection mark of the WAN that is down. */
  readonly mark: string;
  /** What is known now. */
  readonly describeCase: () => RemovalCase;
  readonly isArmed: boolean;
  /** Steering gets so long to send new connections elsewhere. */
  readonly waitMs: number;
  /** Aborted with a reason in words. */
  readonly signal: AbortSignal;
}

const ROUND_MS = 1_000;
/** Ids in one command: a router is not kept from a steering rule by a long one. */
const CHUNK = 50;
/** This many rounds that fail, or remove nothing, one after the other are the end. */
const MAX_FAILURES = 3;

/** What was asked of the router in one removal. */
interface Asked {
  readonly ids: Set<string>;
  /** Those asked for twice count twice. */
  times: number;
}

/**
 * Removes the connections with a mark, so many in a second and in all, and only ids that were read in the same round. How
 * many are gone is read from the router: what was asked for and is not there any more. A lost reply is therefore no matter
 * but for the next reading. Does not reject.
 */
export async function removeConnections(removal: Removal): Promise<RemovalEnd> {
  if (!removal.isArmed) return rehearse(removal);
  const { keeper, settings, mark, signal, describeCase, waitMs } = removal;
  const asked: Asked = { ids: new Set(), times: 0 };
  let doubtful: LiveSession | undefined;
  let failures = 0;
  let goneBefore = 0;
  const beganMs = performance.now();

  /** Removes of one second; gives the reason when that was the last one. */
  async function round(live: LiveSession): Promise<string | undefined> {
    const verdict = judgeRemoval(describeCase(), await readRemoval(live));
    if (verdict.kind === 'refused') return verdict.reason;
    if (verdict.kind === 'wait') return performance.now() - beganMs < waitMs ? undefined : verdict.reason;
    const present = await readMarked(live.session, mark);
    if (present.length === 0) return '';
    if (asked.times >= settings.atMost) return `no more than ${settings.atMost} may be removed at a time`;
    const gone = countGone(asked, present);
    failures = asked.times > 0 && gone === goneBefore ? failures + 1 : 0;
    if (failures >= MAX_FAILURES) return 'the router does not remove them';
    goneBefore = gone;
    const rival = verdict.isHeld ? undefined : await takeLease(live.session, [], removal.lease);
    if (rival !== undefined) return `another Fairlead has just taken this router: "${rival}"`;
    const budget = Math.min(settings.perSecond, settings.atMost - asked.times);
    await removeChunks(live, present.slice(0, budget), asked, signal);
    return undefined;
  }

  for (;;) {
    const roundMs = performance.now();
    let live = doubtful;
    let last: string | undefined;
    try {
      live = doubtful ? await keeper.replace(doubtful) : await keeper.get();
      doubtful = undefined;
      last = await round(live);
    } catch (error) {
      if (!isAnswer(error)) doubtful = live;
      failures += 1;
      if (failures >= MAX_FAILURES) last = error instanceof Error ? error.message : String(error);
    }
    if (last === undefined) await pause(ROUND_MS - (performance.now() - roundMs), signal);
    if (signal.aborted) last = String(signal.reason);
    if (last !== undefined) return describeEnd(mark, asked, await readLast(keeper, mark), last);
  }
}

/** The router said no, over a session that is well. */
const isAnswer = (error: unknown): boolean =>
  error instanceof TrapError || (error instanceof UnreadableError && error.cause instanceof TrapError);

const countGone = ({ ids }: Asked, present: readonly string[]): number =>
  ids.size - present.filter((id) => ids.has(id)).length;

async function readLast(keeper: SessionKeeper, mark: string): Promise<readonly string[] | undefined> {
  try {
    const live = await keeper.peek();
    return live && (await readMarked(live.session, mark));
  } catch {
    return undefined;
  }
}

function describeEnd(
  mark: string,
  asked: Asked,
  present: readonly string[] | undefined,
  why: string,
): RemovalEnd {
  const hasAsked = asked.ids.size > 0;
  const because = why === '' ? '' : `: ${why}`;
  if (!present) {
    return {
      outcome: hasAsked ? Outcome.AMBIGUOUS : Outcome.REFUSED,
      reason: `how many connections with the mark ${mark} are left is not known${because}`,
      removed: hasAsked ? undefined : 0,
      leftOver: undefined,
    };
  }
  const [removed, leftOver] = [countGone(asked, present), present.length];
  if (!hasAsked && leftOver === 0) {
    return {
      outcome: Outcome.UNCHANGED,
      reason: `no connection has the mark ${mark}${because}`,
      removed,
      leftOver,
    };
  }
  return {
    outcome: hasAsked ? Outcome.CONFIRMED : Outcome.REFUSED,
    reason: `${removed} connections with the mark ${mark} were removed, ${leftOver} are left${because}`,
    removed,
    leftOver,
  };
}

/** @throws RouterosError when the session is in doubt */
async function removeChunks(
  { session }: LiveSession,
  ids: readonly string[],
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  for (let from = 0; from < ids.length && !signal.aborted; from += CHUNK) {
    const chunk = ids.slice(from, from + CHUNK);
    for (const id of chunk) asked.ids.add(id);
    asked.times += chunk.length;
    try {
      await session.execute([REMOVE_CONNECTION, `=.id=${chunk.join()}`]);
    } catch (error) {
      // One of them ended by itself; those behind it are read, and asked for, again.
      if (!(error instanceof TrapError)) throw error;
    }
  }
}

/** Reads and judges as if the router were armed, and writes nothing. */
async function rehearse({ keeper, mark, settings, describeCase }: Removal): Promise<RemovalEnd> {
  const dryRun = (reason: string, leftOver?: number): RemovalEnd => ({
    ...{ outcome: Outcome.DRY_RUN, reason, removed: undefined, leftOver },
  });
  try {
    const live = await keeper.peek();
    if (!live) return dryRun('the router is not reachable');
    const [present, readings] = await Promise.all([readMarked(live.session, mark), readRemoval(live)]);
    const verdict = judgeRemoval(describeCase(), readings);
    const many = `${Math.min(present.length, settings.atMost)} of ${present.length} connections with the mark ${mark}`;
    if (verdict.kind === 'go') return dryRun(`armed, ${many} would be removed`, present.length);
    const how = verdict.kind === 'wait' ? 'would wait' : 'would be refused';
    return dryRun(`armed, the removal of ${many} ${how}: ${verdict.reason}`, present.length);
  } catch (error) {
    return dryRun(error instanceof Error ? error.message : String(error));
  }
}
