import type { Properties } from '../config/config-table.ts';
import type { Row } from './menu.ts';
import type { Schedule } from './schedule.ts';
import { trap } from './traps.ts';

/** Rates of the interfaces over the last full second of the router. */
export interface TrafficMeter {
  /**
   * One row for each interface that `names` lists, by name or `.id`, in that order.
   * @throws ApiTrap on an interface that is not there
   */
  rates(names: string): Row[];
}

const PERIOD_MS = 1_000;
/** Properties of `monitor-traffic`, and the counter and factor that each comes from. */
const RATES = [
  ['rx-packets-per-second', 'rx-packet', 1],
  ['rx-bits-per-second', 'rx-byte', 8],
  ['rx-drops-per-second', 'rx-drop', 1],
  ['rx-errors-per-second', 'rx-error', 1],
  ['tx-packets-per-second', 'tx-packet', 1],
  ['tx-bits-per-second', 'tx-byte', 8],
  ['tx-drops-per-second', 'tx-drop', 1],
  ['tx-queue-drops-per-second', 'tx-queue-drop', 1],
  ['tx-errors-per-second', 'tx-error', 1],
] as const;

export function createTrafficMeter(
  interfaces: () => readonly Row[],
  uptimeMs: () => number,
  schedule: Schedule,
): TrafficMeter {
  const read = () => ({
    atMs: uptimeMs(),
    byName: new Map(interfaces().map(({ properties }) => [properties['name'] ?? '', properties])),
  });
  let current = read();
  let before = current;
  schedule.every(PERIOD_MS, () => {
    before = current;
    current = read();
  });

  function rateRow(name: string): Row {
    const seconds = (current.atMs - before.atMs) / 1_000;
    const rate = (counter: string, factor: number): string => {
      const [now, then] = [current, before].map(({ byName }) => BigInt(byName.get(name)?.[counter] ?? '0'));
      const passed = Number((now ?? 0n) - (then ?? 0n));
      return seconds > 0 && passed > 0 ? String(Math.round((passed * factor) / seconds)) : '0';
    };
    const rates: Properties = Object.fromEntries(
      RATES.map(([property, counter, factor]) => [property, rate(counter, factor)]),
    );
    return { properties: { name, ...rates } };
  }

  return {
    rates(names) {
      const rows = interfaces();
      return names.split(',').map((wanted) => {
        const row = rows.find(({ properties }) => [properties['name'], properties['.id']].includes(wanted));
        if (!row) throw trap('badValue', 'interface');
        return rateRow(row.properties['name'] ?? '');
      });
    },
  };
}
