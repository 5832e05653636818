import type { RouterSim } from '@fairlead/router-sim';
import { pick, type Random } from './pick.ts';
import { simulatedWans } from './steered-router.ts';

/** What goes wrong in a step. */
export const FAULTS = [
  'none',
  'none',
  'reply-lost',
  'no-reply',
  'fatal',
  'trap',
  'reboot-before-set',
  'edited-before-set',
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
const isSet = (command: string): boolean => command === SET;

/**
 * Sets a fault; what is returned takes it away. Those that are no matter of the router do nothing here.
 * @param edit what somebody does at the console just before the rule is set
 */
export function beginFault(
  sim: RouterSim,
  fault: Fault,
  { random, edit }: { readonly random: Random; readonly edit: () => void },
): () => void {
  const { faults } = sim;
  switch (fault) {
    case 'reply-lost':
    case 'no-reply':
    case 'fatal':
    case 'trap':
      faults.appliesTo = random() < 0.7 ? isSet : () => random() < 0.2;
      faults.closeMidReply = fault === 'reply-lost';
      faults.noReply = fault === 'no-reply';
      faults.fatal = fault === 'fatal' ? 'out of memory' : undefined;
      faults.trap = fault === 'trap' ? 'failure: busy' : undefined;
      break;
    case 'reboot-before-set':
      faults.appliesTo = onceAtSet(() => sim.reboot());
      break;
    case 'edited-before-set':
      faults.appliesTo = onceAtSet(edit);
      break;
    case 'rule-missing':
      faults.steeringRule = 'missing';
      break;
    case 'rule-doubled':
      faults.steeringRule = 'doubled';
      break;
    case 'link-down':
      sim.setLink(pick(random, simulatedWans).name, false);
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
    for (const { name } of simulatedWans) sim.setLink(name, true);
  };
}

/** Acts before the first setting of a rule is carried out; no fault by itself. */
function onceAtSet(act: () => void): (command: string) => boolean {
  let isDone = false;
  return (command) => {
    if (!isDone && isSet(command)) {
      isDone = true;
      act();
    }
    return false;
  };
}
