import type { LiveEvent, RouterDetail, RouterView } from '@fairlead/live-protocol';

/** The name of the WAN that a routing mark leads to, or that it leads to none. */
export const wanOfMark = (mark: string, { wans }: RouterView): string =>
  wans.find(({ routingMark }) => routingMark === mark)?.name ?? 'no WAN';

/**
 * Who steers a router, by the last time that this was in question: only then it is told.
 * @param events of this router, newest first
 */
export function leaseOf(events: readonly LiveEvent[], mode: RouterView['mode']): string {
  if (mode === 'observe') return 'nobody: it is only observed';
  const told = events.find(
    (event) =>
      event.is === 'event' && (event.kind === 'steering-contested' || event.kind === 'steering-held'),
  );
  if (told?.is !== 'event') return 'this Fairlead; no other was seen';
  return told.kind === 'steering-held' ? `this Fairlead, ${told.message}` : told.message;
}

/** Whether the rule that steers is as it should be: there once, and in force. */
export function ruleText(rules: RouterDetail['rules']): string {
  const [rule] = rules;
  if (!rule) return 'not found';
  if (rules.length > 1) return `found ${rules.length} times, must be there once`;
  return `“${rule.comment}”, ${rule.disabled ? 'disabled' : rule.invalid ? 'invalid' : 'in force'}`;
}
