import { CounterSource, type InterfaceCounters } from '@fairlead/model';
import type { InterfacePoll } from '@fairlead/snmp';

const toBigInt = (value: number | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value);

/** One exchange as counter samples: each carries the agent's clock of that exchange. */
export function toCounters(router: string, poll: InterfacePoll): InterfaceCounters[] {
  const ofAgent = {
    timeMs: poll.timeMs,
    router,
    source: CounterSource.SNMP,
    deviceUptimeMs: toBigInt(poll.sysUpTimeMs),
    engineBoots: poll.engineBoots,
    engineUptimeMs: toBigInt(poll.engineTimeMs),
    linkDowns: undefined,
  };
  return poll.interfaces.map(({ name, lastChangeUptimeMs, ...reading }) => ({
    ...ofAgent,
    interface: name,
    lastChangeUptimeMs: toBigInt(lastChangeUptimeMs),
    ...reading,
  }));
}
