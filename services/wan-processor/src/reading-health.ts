import type { InterfaceCounters } from '@fairlead/model';
import type { SteeringReading } from '@fairlead/wan-policy';
import type { RouterFacts } from './router-facts.ts';

/** Pings by the API: lost share and mean round trip; undefined where the reading brought none. */
export function probeOf({
  probesSent = 0,
  probesAnswered = 0,
  probeRttMs = 0,
}: Pick<InterfaceCounters, 'probesSent' | 'probesAnswered' | 'probeRttMs'>): SteeringReading['probe'] {
  if (probesSent === 0) return undefined;
  return { loss: Math.max(0, 1 - probesAnswered / probesSent), latencyMs: probeRttMs };
}

/**
 * A reading with what the router says of the WAN. One that the router itself gave up counts as not running.
 * @param isPinged pings by the API tell of it: netwatch goes by the router's own routes, and is not asked then
 */
export function withFacts(
  reading: SteeringReading,
  facts: RouterFacts | undefined,
  isPinged: boolean,
): SteeringReading {
  if (facts?.unrouted.includes(reading.wan) === true) return { ...reading, running: false };
  const answers = isPinged ? undefined : facts?.probed[reading.wan];
  // Netwatch tells whether, not how fast.
  return answers === undefined ? reading : { ...reading, probe: { loss: answers ? 0 : 1, latencyMs: 0 } };
}
