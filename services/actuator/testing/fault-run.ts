import { type Actuation, type Clock, type Inventory, Outcome } from '@fairlead/model';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { randomNumbers } from '@fairlead/testkit';
import {
  decide,
  initialSteeringState,
  type SteeringPolicy,
  steeringPolicy,
  type SteeringState,
} from '@fairlead/wan-policy';
import { beginFault, type Console, type Fault, FAULTS } from './begin-fault.ts';
import { pick } from './pick.ts';
import {
  markOf,
  routerInventory,
  simulatedWans,
  startActuator,
  STEERING_RULE,
  type SteeredActuator,
} from './steered-router.ts';

/** What went on in one run, and what must not have. */
export interface FaultRun {
  readonly seed: number;
  readonly decisions: number;
  readonly writes: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Steps by their fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of those that wait for a command of the router: how often one came. */
  readonly struck: Readonly<Record<string, number>>;
  /** Changes whose reply was lost and that were found done. */
  readonly repaired: number;
  /** Promises that were broken; none is what is wanted. */
  readonly violations: readonly string[];
}

const SET = '/ip/firewall/mangle/set';
/** Faults after which nobody tells what became of a setting that they met. */
const LOSES_REPLIES: readonly Fault[] = ['reply-lost', 'no-reply', 'reboot-before-set', 'reboot-after-set'];
const LEASE_WRITES = new Set(['/ip/firewall/address-list/add', '/ip/firewall/address-list/remove']);
const STEPS = 24;
const HOUR_MS = 3_600_000;
const CAPACITY_BPS = 50e6;
const MARKS = simulatedWans.map(({ routingMark }) => routingMark);

interface Fairlead {
  readonly name: string;
  readonly actuator: SteeredActuator;
  /** Times of the samples on which it wrote. */
  readonly writesMs: number[];
  state: SteeringState;
}

const policyOf = (flipsPerHour: number): SteeringPolicy =>
  steeringPolicy(
    simulatedWans.map(({ name }) => ({
      name,
      capacity: { rxBps: CAPACITY_BPS, txBps: CAPACITY_BPS },
      costPerGb: 0,
      commitBps: 0,
    })),
    { samples: { breached: 1, of: 1 }, dwellMs: 10_000, coolDownMs: 0, meanMs: 1, flipsPerHour },
  );

/**
 * A simulated router, and a world in which everything goes wrong that does now and again. In every other run a second
 * Fairlead that knows nothing of the first is armed for the same router. The same seed gives the same loads and faults.
 */
export async function runFaults(seed: number): Promise<FaultRun> {
  const random = randomNumbers(seed);
  // How many commands there are is a matter of time; what is drawn for them must not change the rest.
  const chance = randomNumbers(seed + 0x8000_0000);
  const sim = createRouterSim({
    wans: simulatedWans.map((wan, index) => ({
      ...wan,
      capacity: { rxBps: CAPACITY_BPS, txBps: CAPACITY_BPS },
      gateway: `198.51.${100 + index}.1`,
    })),
    users: [{ name: 'lbctl', password: 'p', policies: ['read', 'write', 'api'] }],
    load: noLoad,
    time: 'virtual',
    // Nothing flows, so that there is little to compute.
    tickMs: 60_000,
  });
  await sim.start();
  const inventory: Inventory = routerInventory(sim, {}, false);
  const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs, monotonicMs: () => performance.now() };
  const flipsPerHour = 2 + Math.floor(random() * 7);
  const policy = policyOf(flipsPerHour);
  const open = async (instance: string): Promise<Fairlead> => ({
    name: instance,
    writesMs: [],
    actuator: await startActuator(inventory, { instance, clock: clock satisfies Clock, timeoutMs: 100 }),
    state: initialSteeringState,
  });
  const violations: string[] = [];
  const fairleads = [await open('first')];
  if (seed % 2 === 0) fairleads.push(await open('second'));
  let writer = '';
  sim.config.mangle.onChange(() => {
    const holders = sim.config.addressList.items().map(({ properties }) => properties['comment']);
    if (writer !== '' && !holders.includes(writer))
      violations.push(`${writer} wrote, held by ${holders.join()}`);
  });
  const outcomes: Record<string, number> = {};
  const faults: Record<string, number> = {};
  const struck: Record<string, number> = {};
  let repaired = 0;
  let decisions = 0;
  let expected = '';
  let seen = 0;

  /** What was sent since the last look, but reading and logging in. */
  const newWrites = (): readonly (readonly string[])[] => {
    const sentences = sim.received.slice(seen);
    seen = sim.received.length;
    return sentences
      .map(({ words }) => words)
      .filter(([command = '']) => !/\/print$|^\/login$/.test(command));
  };

  function judge(
    fault: Fault,
    actuations: readonly Actuation[],
    writes: readonly (readonly string[])[],
    sampleMs: number,
  ): void {
    const say = (what: string): void => void violations.push(`${fault}: ${what}`);
    const sets = writes.filter(([command]) => command === SET);
    for (const words of writes) {
      const [command = '', ...attributes] = words;
      if (command === SET) {
        const mark = attributes.find((word) => word.startsWith('=new-routing-mark='))?.slice(18);
        const names = attributes.map((word) => word.slice(0, word.indexOf('=', 1)));
        if (!mark || !MARKS.includes(mark)) say(`wrote the mark ${mark}`);
        if (names.some((name) => !['=.id', '=new-routing-mark', '.tag'].includes(name)))
          say(`wrote ${names.join()}`);
      } else if (!LEASE_WRITES.has(command)) say(`sent ${command}`);
    }
    if (configurationBeside(sim) !== expected) say('something else than the steering rule changed');
    for (const { outcome, reason } of actuations) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome !== Outcome.CONFIRMED && reason === '') say('an outcome without a reason');
      if (outcome === Outcome.CONFIRMED && reason !== '') repaired += 1;
    }
    const wrote = actuations.filter(({ outcome }) =>
      ([Outcome.CONFIRMED, Outcome.FAILED, Outcome.AMBIGUOUS] as readonly Outcome[]).includes(outcome),
    );
    if (sets.length > wrote.length)
      say(`${sets.length} writes for ${wrote.length} outcomes that tell of one`);
    for (const { name, writesMs } of fairleads) {
      const lastHour = writesMs.filter((atMs) => atMs > sampleMs - HOUR_MS).length;
      if (lastHour > flipsPerHour) say(`${name} wrote ${lastHour} times in an hour of ${flipsPerHour}`);
    }
  }

  /** Whether a record says what the router says, at once after it was made. */
  function judgeRecord(
    fault: Fault,
    { outcome, afterMark, wantedMark, reason }: Actuation,
    { sets, isReplyLost }: { readonly sets: number; readonly isReplyLost: boolean },
  ): void {
    const say = (what: string): void => void violations.push(`${fault}: ${what}`);
    const mark = markOf(sim);
    const isDone = outcome === Outcome.CONFIRMED || outcome === Outcome.UNCHANGED;
    if (isDone && (mark !== wantedMark || afterMark !== wantedMark)) say(`said ${afterMark}, is ${mark}`);
    if (outcome === Outcome.FAILED && mark !== undefined && afterMark !== mark)
      say(`failed, said ${afterMark}, is ${mark}`);
    if (outcome === Outcome.AMBIGUOUS && afterMark !== '') say(`ambiguous, said ${afterMark}`);
    if (isReplyLost && reason === '') say('a lost reply that the record does not tell of');
    if (outcome === Outcome.REFUSED && sets > 0) say('wrote and said that it was refused');
  }

  /** Somebody works on the router at the same moment. */
  function atConsole(act: (id: string) => void): void {
    const rule = sim.config.mangle.items().find(({ properties }) => properties['comment'] === STEERING_RULE);
    const interrupted = writer;
    writer = '';
    if (rule) act(rule.id);
    expected = configurationBeside(sim);
    writer = interrupted;
  }
  const people: Console = {
    edit: () => atConsole((id) => sim.config.mangle.set(id, { 'new-routing-mark': pick(chance, MARKS) })),
    remove: () => atConsole((id) => sim.config.mangle.remove(id)),
  };

  try {
    for (let step = 0; step < STEPS; step += 1) {
      const fault = pick(random, FAULTS);
      faults[fault] = (faults[fault] ?? 0) + 1;
      const passMs = 1_000 + Math.floor(random() * (random() < 0.8 ? 60_000 : 1_200_000));
      clock.aheadMs += passMs;
      sim.advance(passMs);
      let metSets = 0;
      const undo = beginFault(sim, fault, {
        ...{ random, chance, console: people },
        struck(command) {
          if (command === SET) metSets += 1;
          struck[fault] = (struck[fault] ?? 0) + 1;
        },
      });
      expected = configurationBeside(sim);
      // Quiet or full, so that there is much to decide.
      const loads = simulatedWans.map(() => (random() < 0.5 ? 0.3 : 1) * (1 - 0.3 * random()));
      const sampleMs = clock.nowMs();
      const actuations: Actuation[] = [];
      // A heartbeat between two steps.
      const writes = [...newWrites()];
      for (const fairlead of random() < 0.5 ? fairleads : fairleads.toReversed()) {
        const weights = MARKS.map((mark) => (mark === markOf(sim) ? 1 : 0));
        const sample = {
          timeMs: sampleMs,
          readings: simulatedWans.map(({ name }, index) => ({
            wan: name,
            running: true,
            rates: { rxBps: (loads[index] ?? 0) * CAPACITY_BPS, txBps: 0 },
          })),
          ...(weights.includes(1) && { weights }),
        };
        const { state, decision } = decide(policy, fairlead.state, sample);
        fairlead.state = state;
        if (fault === 'sample-twice' && decide(policy, state, sample).decision) {
          violations.push('a sample that came twice was decided on twice');
        }
        if (!decision) continue;
        decisions += 1;
        const [from, to] = [decision.from.indexOf(1), decision.to.indexOf(1)];
        // A clock that jumps between the sample and the carrying out.
        const jumpMs = pick(random, [-HOUR_MS, -30_000, 30_000, HOUR_MS]);
        if (fault === 'clock-jump') clock.aheadMs += jumpMs;
        const given = { id: `${seed}/${decisions}`, timeMs: sampleMs };
        const [fromWan = '', toWan = ''] = [simulatedWans[from]?.name, simulatedWans[to]?.name];
        for (let delivery = 0; delivery < (fault === 'delivered-twice' ? 2 : 1); delivery += 1) {
          writer = fairlead.name;
          metSets = 0;
          const actuation = await fairlead.actuator.flip(fromWan, toWan, given);
          writer = '';
          actuations.push(actuation);
          const sent = newWrites();
          writes.push(...sent);
          const sets = sent.filter(([command]) => command === SET);
          judgeRecord(fault, actuation, {
            sets: sets.length,
            isReplyLost: LOSES_REPLIES.includes(fault) && metSets > 0,
          });
          fairlead.writesMs.push(...sets.map(() => sampleMs));
        }
        // Set right again: a clock that stays an hour back is only waited for.
        if (fault === 'clock-jump' && jumpMs < 0) clock.aheadMs -= jumpMs;
      }
      judge(fault, actuations, writes, sampleMs);
      undo();
    }
  } finally {
    for (const { actuator } of fairleads) await actuator.stop();
    await sim.stop();
  }
  const written = fairleads.reduce((sum, { writesMs }) => sum + writesMs.length, 0);
  return { seed, decisions, writes: written, outcomes, faults, struck, repaired, violations };
}

/** The export of the router without the mark of its steering rule and without what lives in memory. */
const configurationBeside = (sim: RouterSim): string =>
  sim
    .exportText()
    .split('\n')
    .map((line) => (line.includes(STEERING_RULE) ? line.replace(/new-routing-mark=\S+/, '') : line))
    .filter((line) => !line.startsWith('#'))
    .join('\n');
