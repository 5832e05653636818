import type { Registry } from 'prom-client';

/** The totals of one ledger, with the drops by reason. */
export interface LedgerTotals {
  readonly received: number;
  readonly decoded: number;
  readonly stored: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Reads back what a service booked for a unit. */
export async function readLedger(registry: Registry, service: string, unit: string): Promise<LedgerTotals> {
  const read = async (name: string): Promise<{ reason: string; value: number }[]> => {
    const metric = await registry.getSingleMetric(`fairlead_${name}_total`)?.get();
    return (metric?.values ?? [])
      .filter(({ labels }) => labels['service'] === service && labels['unit'] === unit)
      .map(({ labels, value }) => ({ reason: String(labels['reason'] ?? ''), value }));
  };
  const total = async (name: string): Promise<number> => (await read(name))[0]?.value ?? 0;
  return {
    received: await total('received'),
    decoded: await total('decoded'),
    stored: await total('stored'),
    dropped: Object.fromEntries((await read('dropped')).map(({ reason, value }) => [reason, value])),
  };
}
