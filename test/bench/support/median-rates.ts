/**
 * Runs every contender in turn, `rounds` times after one round to warm up, and gives the median of operations per
 * second of processor time (all threads, so collecting garbage counts). In turn, because a machine that slows down
 * then slows all of them.
 * @throws Error when the contenders do not return the same number: they would not have done the same work
 */
export function medianRates<Name extends string>(
  contenders: Readonly<Record<Name, () => number>>,
  { rounds, operations }: { readonly rounds: number; readonly operations: number },
): Readonly<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  const results = new Set<number>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const start = process.cpuUsage();
      results.add(contenders[name]());
      const { user, system } = process.cpuUsage(start);
      const seconds = (user + system) / 1e6;
      if (round > 0) rates.get(name)?.push(operations / seconds);
    }
  }
  if (results.size !== 1) throw new Error(`results differ: ${[...results].join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
