import { CounterSource, type InterfaceCounters } from '@fairlead/model';
import type { InterfacePoll } from '@fairlead/snmp';

/** One exchange as counter samples: each carries the agent's clock of that exchange. */
export function toCounters(router: string, poll: InterfacePoll): InterfaceCounters[] {
  const deviceUptimeMs = poll.sysUpTimeMs === undefined ? undefined : BigInt(poll.sysUpTimeMs);
  return poll.interfaces.map(({ name, ...reading }) => ({
    timeMs: poll.timeMs,
    router,
    source: CounterSource.SNMP,
    interface: name,
    deviceUptimeMs,
    linkDowns: undefined,
    ...reading,
  }));
}
