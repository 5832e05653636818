import type { RouterSim } from '@fairlead/router-sim';
import { pick, type Random } from './pick.ts';
import type { SteeredWan } from './steered-router.ts';

/** What goes wrong in a step. */
export const FAULTS = [
  'none',
  'none',
  'reply-lost',
  'no-reply',
  'fatal',
  'trap',
  'reboot-before-set',
  'reboot-after-set',
  'edited-before-set',
  'removed-before-set',
  'edited-after-set',
  'rule-missing',
  'rule-doubled',
  'link-down',
  'delivered-twice',
  'sample-twice',
  'clock-jump',
  'session-cut',
] as const;
export type Fault = (typeof FAULTS)[number];

const SET = '/ip/firewall/mangle/set';
/** Of IPv4, and of IPv6 where that is steered. */
const isSet = (command: string): boolean => command.endsWith('/firewall/mangle/set');

/** What somebody does at the console. */
export interface Console {
  edit(): void;
  remove(): void;
}

/**
 * Sets a fault; what is returned takes it away. Those that are no matter of the router do nothing here.
 * @param chance drawn for each command, of which there are not always as many
 * @param struck told the command that a fault of a moment met
 */
export function beginFault(
  sim: RouterSim,
  fault: Fault,
  {
    wans,
    random,
    chance,
    console,
    struck,
  }: {
    readonly wans: readonly SteeredWan[];
    readonly random: Random;
    readonly chance: Random;
    readonly console: Console;
    struck(command: string): void;
  },
): () => void {
  const { faults } = sim;
  const strike =
    (act: () => void): (() => void) =>
    () => {
      struck(SET);
      act();
    };
  /** A trap that is never said, so that the router asks before it carries a command out. */
  const beforeSet = (act: () => void, then: 'carried-out' | 'lost'): void => {
    faults.trap = 'the router is not there';
    faults.appliesTo = onceAtSet(strike(act), then === 'lost');
  };
  switch (fault) {
    case 'reply-lost':
    case 'no-reply':
    case 'fatal':
    case 'trap':
      faults.appliesTo = strikeWhere(random() < 0.7 ? isSet : () => chance() < 0.2, struck);
      faults.closeMidReply = fault === 'reply-lost';
      faults.noReply = fault === 'no-reply';
      faults.fatal = fault === 'fatal' ? 'out of memory' : undefined;
      faults.trap = fault === 'trap' ? 'failure: busy' : undefined;
      break;
    case 'reboot-before-set':
      beforeSet(() => sim.reboot(), 'lost');
      break;
    case 'reboot-after-set':
      faults.appliesTo = onceAtSet(
        strike(() => sim.reboot()),
        false,
      );
      break;
    case 'edited-before-set':
      beforeSet(() => console.edit(), 'carried-out');
      break;
    case 'removed-before-set':
      beforeSet(() => console.remove(), 'carried-out');
      break;
    case 'edited-after-set':
      faults.appliesTo = onceAtSet(
        strike(() => console.edit()),
        false,
      );
      break;
    case 'rule-missing':
      faults.steeringRule = 'missing';
      break;
    case 'rule-doubled':
      faults.steeringRule = 'doubled';
      break;
    case 'link-down':
      sim.setLink(pick(random, wans).name, false);
      break;
    case 'session-cut':
      sim.reboot();
      break;
    case 'none':
    case 'delivered-twice':
    case 'sample-twice':
    case 'clock-jump':
  }
  return () => {
    faults.closeMidReply = faults.noReply = false;
    faults.fatal = faults.trap = undefined;
    faults.appliesTo = () => true;
    faults.steeringRule = 'once';
    for (const { name } of wans) sim.setLink(name, true);
  };
}

/** Acts when the first setting of a rule is asked about; `isFault`: and that one is concerned by the fault. */
function onceAtSet(act: () => void, isFault: boolean): (command: string) => boolean {
  let isDone = false;
  return (command) => {
    if (isDone || !isSet(command)) return false;
    isDone = true;
    act();
    return isFault;
  };
}

const strikeWhere =
  (concerns: (command: string) => boolean, struck: (command: string) => void) =>
  (command: string): boolean => {
    const isConcerned = concerns(command);
    if (isConcerned) struck(command);
    return isConcerned;
  };
