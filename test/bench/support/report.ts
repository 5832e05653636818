/** One measured number, and the same of the peer in the same run. */
export interface BenchmarkResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue: number;
}

/** Prints results to stdout: with `--json` one object a line, otherwise text to read. */
export function report(results: readonly BenchmarkResult[]): void {
  const json = process.argv.includes('--json');
  for (const result of results) {
    const ratio = result.peerValue === 0 ? null : result.value / result.peerValue;
    const { name, value, unit, peer, peerValue } = result;
    process.stdout.write(
      json
        ? `${JSON.stringify({ name, value, unit, peer, peerValue, ratio })}\n`
        : `${name}: ${number(value)} ${unit}, ${peer} ${number(peerValue)}, ratio ${ratio?.toFixed(2) ?? 'none'}\n`,
    );
  }
}

const number = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: value >= 1_000 ? 21 : 3, maximumFractionDigits: 0 });
