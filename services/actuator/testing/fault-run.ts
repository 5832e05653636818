import { type Actuation, type Clock, type Inventory, Outcome, steersParts } from '@fairlead/model';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { randomNumbers } from '@fairlead/testkit';
import {
  decide,
  initialSteeringState,
  type SteeringDecision,
  type SteeringState,
} from '@fairlead/wan-policy';
import { beginFault, type Console, type Fault, FAULTS } from './begin-fault.ts';
import { dualStackWorld, oneRuleWorld, sharedWorld } from './fault-world.ts';
import { ipv6RuleOf } from './dual-stack-router.ts';
import { pick } from './pick.ts';
import { routerInventory, startActuator, STEERING_RULE, type SteeredActuator } from './steered-router.ts';

/** What went on in one run, and what must not have. */
export interface FaultRun {
  readonly seed: number;
  /** The policy. */
  readonly kind: string;
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
const SET_IPV6 = '/ipv6/firewall/mangle/set';
const SETS: ReadonlySet<string> = new Set([SET, SET_IPV6]);
/** Faults after which nobody tells what became of a setting that they met. */
const LOSES_REPLIES: readonly Fault[] = ['reply-lost', 'no-reply', 'reboot-before-set', 'reboot-after-set'];
const LEASE_WRITES = new Set(['/ip/firewall/address-list/add', '/ip/firewall/address-list/remove']);
const STEPS = 24;
const HOUR_MS = 3_600_000;
/** Every so manieth run steers shares. */
const SHARED_EVERY = 3;
/** Of the others each whose number leaves this is steered in IPv6 too. */
const DUAL_STACK = { of: 4, leaves: 1 } as const;
/** Share of their steps in which a link is down that need not be the fault. */
const KNOWN_DOWN = 0.2;

interface Fairlead {
  readonly name: string;
  readonly actuator: SteeredActuator;
  /** Times of the samples on which it wrote, for each setting. */
  readonly writesMs: number[];
  /** The same for each decision. */
  readonly flipsMs: number[];
  state: SteeringState;
}

/**
 * A simulated router, and a world in which everything goes wrong that does now and again. In every other run a second
 * Fairlead that knows nothing of the first is armed for the same router, every third steers shares (`weights` and
 * `headroom` in turns) instead of one rule, and every sixth IPv6 too. The same seed gives the same loads and faults.
 */
export async function runFaults(seed: number): Promise<FaultRun> {
  const random = randomNumbers(seed);
  // How many commands there are is a matter of time; what is drawn for them must not change the rest.
  const chance = randomNumbers(seed + 0x8000_0000);
  const flipsPerHour = 2 + Math.floor(random() * 7);
  const isShared = seed % SHARED_EVERY === 0;
  const isDualStack = seed % DUAL_STACK.of === DUAL_STACK.leaves;
  const world = isShared
    ? sharedWorld(Math.floor(seed / (2 * SHARED_EVERY)) % 2 === 0 ? 'weights' : 'headroom', flipsPerHour)
    : (isDualStack ? dualStackWorld : oneRuleWorld)(flipsPerHour);
  const { wans, policy } = world;
  const marks = wans.map(({ routingMark }) => routingMark);
  const sim = createRouterSim({
    wans: wans.map((wan, index) => ({
      ...wan,
      capacity: { rxBps: 50e6, txBps: 50e6 },
      gateway: `198.51.${100 + index}.1`,
    })),
    users: [{ name: 'lbctl', password: 'p', policies: ['read', 'write', 'api'] }],
    load: noLoad,
    time: 'virtual',
    // Nothing flows, so that there is little to compute.
    tickMs: 60_000,
    ...world.simulated,
  });
  await sim.start();
  const inventory: Inventory = routerInventory(sim, world.settings, false, { wans, ipv6: world.ipv6 });
  const clock = {
    ...{ aheadMs: 0, passedMs: 0 },
    nowMs: () => Date.now() + clock.aheadMs,
    monotonicMs: () => performance.now() + clock.passedMs,
  };
  const open = async (instance: string): Promise<Fairlead> => ({
    name: instance,
    writesMs: [],
    flipsMs: [],
    actuator: await startActuator(inventory, { instance, clock: clock satisfies Clock, timeoutMs: 100 }),
    state: initialSteeringState,
  });
  const violations: string[] = [];
  const fairleads = [await open('first')];
  if (seed % 2 === 0) fairleads.push(await open('second'));
  let writer = '';
  const onWrite = (): void => {
    const holders = sim.config.addressList.items().map(({ properties }) => properties['comment']);
    if (writer !== '' && !holders.includes(writer))
      violations.push(`${writer} wrote, held by ${holders.join()}`);
  };
  sim.config.mangle.onChange(onWrite);
  sim.config.mangle6.onChange(onWrite);
  const outcomes: Record<string, number> = {};
  const faults: Record<string, number> = {};
  const struck: Record<string, number> = {};
  let repaired = 0;
  let decisions = 0;
  let expected = '';
  let declared: ReadonlySet<string> = new Set();
  let seen = 0;
  let removed: Readonly<Record<string, string>> | undefined;

  /** The rules that may be set. */
  const steeringRules = (): readonly { readonly id: string }[] =>
    sim.config.mangle
      .items()
      .filter(({ properties }) => world.comments.includes(properties['comment'] ?? ''));
  const isUp = (position: number): boolean =>
    sim.kernel.interfaces().find(({ name }) => name === wans[position]?.interface)?.running !== false;

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
    const sets = writes.filter(([command = '']) => SETS.has(command));
    for (const words of writes) {
      const [command = '', ...attributes] = words;
      if (SETS.has(command)) {
        const mark = attributes.find((word) => word.startsWith('=new-routing-mark='))?.slice(18);
        const names = attributes.map((word) => word.slice(0, word.indexOf('=', 1)));
        const id = attributes.find((word) => word.startsWith('=.id='))?.slice(5);
        if (!mark || !marks.includes(mark)) say(`wrote the mark ${mark}`);
        else if (!isUp(marks.indexOf(mark))) say(`sent connections to ${mark}, which is down`);
        if (!declared.has(`${command} ${id}`)) say(`set another rule than those declared`);
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
    if (sets.length > 0 && wrote.length === 0) say(`${sets.length} writes that no outcome tells of`);
    for (const { name, writesMs, flipsMs } of fairleads) {
      const inLastHour = (timesMs: readonly number[]): number =>
        timesMs.filter((atMs) => atMs > sampleMs - HOUR_MS).length;
      const [flips, sent] = [inLastHour(flipsMs), inLastHour(writesMs)];
      if (flips > flipsPerHour) say(`${name} wrote ${flips} times in an hour of ${flipsPerHour}`);
      if (sent > world.writesPerHour) say(`${name} set ${sent} rules in an hour of ${world.writesPerHour}`);
    }
  }

  /** Whether a decision gives more to a WAN that is known to be down or has no room. */
  function judgeDecision(
    fault: Fault,
    { from, to }: SteeringDecision,
    sample: { readonly loads: readonly number[]; readonly running: readonly boolean[] },
  ): void {
    to.forEach((weight, i) => {
      const isBarred = sample.running[i] === false || (sample.loads[i] ?? 1) >= policy.returnBelow;
      if (weight > (from[i] ?? 0) && isBarred) violations.push(`${fault}: more for ${wans[i]?.name}`);
    });
  }

  /** Whether a record says what the router says, at once after it was made. */
  function judgeRecord(
    fault: Fault,
    { outcome, afterMark, wantedMark, reason }: Actuation,
    {
      sets,
      most,
      isReplyLost,
    }: { readonly sets: number; readonly most: number; readonly isReplyLost: boolean },
  ): void {
    const say = (what: string): void => void violations.push(`${fault}: ${what}`);
    const mark = world.told(sim);
    if (sets > most) say(`${sets} settings where ${most} do`);
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
    const rules = steeringRules();
    const rule = rules.length > 1 ? pick(chance, rules) : rules[0];
    const interrupted = writer;
    writer = '';
    if (rule) act(rule.id);
    expected = configurationBeside(sim);
    writer = interrupted;
  }
  const people: Console = {
    edit: () => atConsole((id) => sim.config.mangle.set(id, { 'new-routing-mark': pick(chance, marks) })),
    remove: () =>
      atConsole((id) => {
        removed = sim.config.mangle.items().find((rule) => rule.id === id)?.properties;
        sim.config.mangle.remove(id);
      }),
  };
  /** Puts back what somebody removed. */
  const mend = (): void => {
    const comments = sim.config.mangle.items().map(({ properties }) => properties['comment']);
    const firstSticky = sim.config.mangle
      .items()
      .find(({ properties }) => properties['routing-mark'] !== undefined);
    if (removed && !comments.includes(removed['comment'])) sim.config.mangle.add(removed, firstSticky?.id);
    removed = undefined;
  };

  try {
    for (let step = 0; step < STEPS; step += 1) {
      const fault = pick(random, FAULTS);
      faults[fault] = (faults[fault] ?? 0) + 1;
      const passMs = 1_000 + Math.floor(random() * (random() < 0.8 ? 60_000 : 1_200_000));
      clock.aheadMs += passMs;
      clock.passedMs += passMs;
      sim.advance(passMs);
      let metSets = 0;
      const undo = beginFault(sim, fault, {
        ...{ wans, random, chance, console: people },
        struck(command) {
          if (SETS.has(command)) metSets += 1;
          struck[fault] = (struck[fault] ?? 0) + 1;
        },
      });
      // Shares leave a WAN that is known to be down, and come back.
      if (isShared && random() < KNOWN_DOWN) sim.setLink(pick(random, wans).name, false);
      expected = configurationBeside(sim);
      declared = new Set([
        ...steeringRules().map(({ id }) => `${SET} ${id}`),
        ...[ipv6RuleOf(sim)].flatMap((rule) => (rule ? [`${SET_IPV6} ${rule.id}`] : [])),
      ]);
      // Quiet or full, so that there is much to decide.
      const loads = wans.map(() => (random() < 0.5 ? 0.3 : 1) * (1 - 0.3 * random()));
      // What is down is not always known.
      const running = wans.map((_, position) => (isShared && random() < 0.7 ? isUp(position) : true));
      const sampleMs = clock.nowMs();
      const actuations: Actuation[] = [];
      // A heartbeat between two steps.
      const writes = [...newWrites()];
      for (const fairlead of random() < 0.5 ? fairleads : fairleads.toReversed()) {
        const weights = world.weights(sim);
        const sample = {
          timeMs: sampleMs,
          readings: wans.map(({ name }, index) => ({
            wan: name,
            running: running[index],
            rates: { rxBps: (loads[index] ?? 0) * (policy.wans[index]?.capacity.rxBps ?? 0), txBps: 0 },
          })),
          ...(weights && { weights }),
        };
        const { state, decision } = decide(policy, fairlead.state, sample);
        fairlead.state = state;
        if (fault === 'sample-twice' && decide(policy, state, sample).decision) {
          violations.push('a sample that came twice was decided on twice');
        }
        if (!decision) continue;
        decisions += 1;
        judgeDecision(fault, decision, { loads, running });
        // A clock that jumps between the sample and the carrying out.
        const jumpMs = pick(random, [-HOUR_MS, -30_000, 30_000, HOUR_MS]);
        if (fault === 'clock-jump') clock.aheadMs += jumpMs;
        const given = { id: `${seed}/${decisions}`, timeMs: sampleMs };
        const most = world.most(decision);
        let isWritten = false;
        for (let delivery = 0; delivery < (fault === 'delivered-twice' ? 2 : 1); delivery += 1) {
          writer = fairlead.name;
          metSets = 0;
          const actuation = await world.deliver(fairlead.actuator, decision, given);
          writer = '';
          actuations.push(actuation);
          const sent = newWrites();
          writes.push(...sent);
          const sets = sent.filter(([command = '']) => SETS.has(command));
          judgeRecord(fault, actuation, {
            ...{ sets: sets.length, most },
            isReplyLost: LOSES_REPLIES.includes(fault) && metSets > 0,
          });
          fairlead.writesMs.push(...sets.map(() => sampleMs));
          isWritten ||= sets.length > 0;
        }
        if (isWritten) fairlead.flipsMs.push(sampleMs);
        // Set right again: a clock that stays an hour back is only waited for.
        if (fault === 'clock-jump' && jumpMs < 0) clock.aheadMs -= jumpMs;
      }
      judge(fault, actuations, writes, sampleMs);
      undo();
      mend();
    }
  } finally {
    for (const { actuator } of fairleads) await actuator.stop();
    await sim.stop();
  }
  const written = fairleads.reduce((sum, { writesMs }) => sum + writesMs.length, 0);
  return {
    seed,
    kind: steersParts(policy) ? `${policy.kind} in parts` : policy.kind,
    decisions,
    writes: written,
    outcomes,
    faults,
    struck,
    repaired,
    violations,
  };
}

/** The export of the router without the marks of its steering rules and without what lives in memory. */
const configurationBeside = (sim: RouterSim): string =>
  sim
    .exportText()
    .split('\n')
    .map((line) => (line.includes(STEERING_RULE) ? line.replace(/new-routing-mark=\S+/, '') : line))
    .filter((line) => !line.startsWith('#'))
    .join('\n');
