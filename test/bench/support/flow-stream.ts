import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStolenCpu } from './process-cpu.ts';
import { type PreparedFlows, prepareFlows, type Sent } from './send-flows.ts';

/** What became of a stream of flows. */
interface Arrived {
  /** Flows that are where they should be; all of them when nothing was lost. */
  readonly flows: number;
  /** Seconds after the last datagram until that was so. */
  readonly lagSeconds: number;
  /** Seconds of processor time by part. */
  readonly cpu: ReadonlyMap<string, number>;
  /** More to print. */
  readonly notes: string;
}

/** A program that receives flows: ours, or a peer. */
export interface Receiver {
  readonly port: number;
  /** Called when everything is sent. */
  settle(sent: Sent): Promise<Arrived>;
  stop(): Promise<void>;
}

interface Step extends Arrived {
  readonly offered: Sent;
  readonly kernelDrops: number;
  readonly flowsPerSecond: number;
  readonly cpuSeconds: number;
  /** Share of the processor time that the host gave to others. */
  readonly stolenShare: number;
}

/** Later than this after the last datagram, and the stream was faster than the receiver. */
const lagLimitSeconds = (seconds: number): number => Math.max(2, seconds / 20);

/** Sends a stream to a fresh receiver and says what became of it. */
async function runStep(
  name: string,
  open: () => Promise<Receiver>,
  stream: PreparedFlows,
  rate: { readonly flowsPerSecond: number; readonly seconds: number },
): Promise<Step> {
  const receiver = await open();
  try {
    const [startedMs, stolenBefore] = [performance.now(), await readStolenCpu()];
    const offered = await stream.send(receiver.port, rate);
    const availableSeconds = ((performance.now() - startedMs) / 1_000) * cpus().length;
    const stolenShare = ((await readStolenCpu()) - stolenBefore) / availableSeconds;
    const arrived = await receiver.settle(offered);
    const kernelDrops = await readKernelDrops(receiver.port);
    const cpuSeconds = [...arrived.cpu.values()].reduce((sum, value) => sum + value, 0);
    const step = {
      ...arrived,
      offered,
      kernelDrops,
      cpuSeconds,
      stolenShare,
      flowsPerSecond: offered.flows / offered.elapsedSeconds,
    };
    tell(name, step);
    return step;
  } finally {
    await receiver.stop();
  }
}

export interface Found {
  /** The highest rate at which nothing was lost or late; 0 when the first was too high. */
  readonly flowsPerSecond: number;
  /** At that rate, or at the first. */
  readonly flowsPerCpuSecond: number;
}

/** Raises the rate by a quarter until something is lost or late. */
export async function findSustained(
  name: string,
  open: () => Promise<Receiver>,
  rates: { readonly from: number; readonly to: number; readonly seconds: number },
): Promise<Found> {
  const stream = prepareFlows();
  let found: Found | undefined;
  try {
    for (let rate = rates.from; rate <= rates.to; rate *= 1.25) {
      const step = await runStep(name, open, stream, { flowsPerSecond: rate, seconds: rates.seconds });
      const sustained = isSustained(step);
      const flowsPerCpuSecond = step.flows / step.cpuSeconds;
      if (sustained) found = { flowsPerSecond: step.flowsPerSecond, flowsPerCpuSecond };
      else found ??= { flowsPerSecond: 0, flowsPerCpuSecond };
      if (!sustained) break;
    }
  } finally {
    stream.remove();
  }
  return found ?? { flowsPerSecond: 0, flowsPerCpuSecond: 0 };
}

const isSustained = ({ offered, flows, kernelDrops, lagSeconds }: Step): boolean =>
  kernelDrops === 0 && flows === offered.flows && lagSeconds <= lagLimitSeconds(offered.elapsedSeconds);

/** Asks until the answer is the wanted number or does not change any more for `quietMs`. */
export async function untilQuiet(
  ask: () => Promise<number>,
  wanted: number,
  quietMs = 10_000,
): Promise<{ readonly value: number; readonly lagSeconds: number }> {
  const started = performance.now();
  let value = await ask();
  let changedMs = performance.now();
  while (value < wanted && performance.now() - changedMs < quietMs) {
    await sleep(50);
    const next = await ask();
    if (next !== value) changedMs = performance.now();
    value = next;
  }
  return { value, lagSeconds: (changedMs - started) / 1_000 };
}

/** Datagrams that the kernel dropped at the sockets of a port (the last column of /proc/net/udp, proc(5)). */
async function readKernelDrops(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(['udp', 'udp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  return tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter((columns) => columns[1]?.endsWith(local) === true)
    .reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
}

function tell(name: string, step: Step): void {
  const { offered, flows, kernelDrops, lagSeconds, cpu, cpuSeconds, stolenShare, notes } = step;
  const million = offered.flows / 1e6;
  const parts = [...cpu]
    .filter(([, seconds]) => seconds / million >= 0.05)
    .sort(([, a], [, b]) => b - a)
    .map(([part, seconds]) => `${part} ${(seconds / million).toFixed(2)}`);
  process.stderr.write(
    `${name}: offered ${Math.round(step.flowsPerSecond)} flows/s for ${offered.elapsedSeconds.toFixed(1)} s, ` +
      `${offered.flows} flows; arrived ${flows} (${flows - offered.flows}), kernel drops ${kernelDrops} datagrams, ` +
      `lag at the end ${lagSeconds.toFixed(1)} s${notes}; ` +
      `${(cpuSeconds / million).toFixed(2)} CPU s per million flows (${parts.join(', ')}); ` +
      `load ${loadavg()[0]?.toFixed(1)}, ${(stolenShare * 100).toFixed(0)} % of the processor time taken by the host; ${isSustained(step) ? 'sustained' : 'NOT sustained'}\n`,
  );
}
