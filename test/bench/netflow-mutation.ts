/**
 * A mutation run of the NetFlow decoder: captured datagrams with bits flipped, fields set to extremes, cut and
 * spliced, in any number, against one long-lived store. Prints what came of them, the slowest, and the memory over time.
 *
 *     node --expose-gc --import tsx test/bench/netflow-mutation.ts 20000000 [SEED]
 *
 * An exception ends the run, and the datagram that caused it is printed.
 */
import { addressToBytes } from '@fairlead/model';
import { createFlowPool, createTemplateStore, decodeNetflow, decodeRecords } from '@fairlead/netflow';
import { loadFamilies } from '@fairlead/netflow/testing';
import { capturesFolder } from '@fairlead/testkit';

const SLOW_MS = 5;
const EXPORTERS = 64;
/** One datagram in so many is read with all its fields. */
const RECORDS_EVERY = 32;
const EXTREMES = [0, 1, 4, 5, 255, 256, 32_767, 32_768, 65_534, 65_535];

const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const captures = capturesFolder();
if (!captures.met) throw new Error(captures.reason);
const originals = loadFamilies(captures.path).flatMap(({ datagrams }) => datagrams);
const exporters = Array.from({ length: EXPORTERS }, (_, i) => addressToBytes(`192.0.2.${i}`));

/** Whole numbers below a bound, the same for the same seed (xorshift32, Marsaglia 2003). */
let state = seed;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const pick = <T>(list: readonly T[]): T => {
  const item = list[random(list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

const scratch = new Uint8Array(65_535);
const scratchView = new DataView(scratch.buffer);

function mutate(): Uint8Array {
  const original = pick(originals);
  scratch.set(original);
  let { length } = original;
  for (let left = random(4); left > 0 && length > 2; left -= 1) {
    const at = random(length);
    switch (random(5)) {
      case 0:
        scratch[at] = (scratch[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        scratch[at] = random(256);
        break;
      case 2:
        scratchView.setUint16(Math.min(at, length - 2), pick(EXTREMES));
        break;
      case 3:
        length = at + 1;
        break;
      default: {
        const other = pick(originals);
        const tail = other.subarray(random(other.length)).subarray(0, scratch.length - at);
        scratch.set(tail, at);
        length = at + tail.length;
      }
    }
  }
  return scratch.subarray(0, length);
}

/** The best of three, which leaves out what the collector of garbage and the rest of the machine took. */
const measureAgain = (...of: Parameters<typeof decodeNetflow>): number =>
  Math.min(
    ...[1, 2, 3].map(() => {
      const beforeMs = performance.now();
      decodeNetflow(...of);
      return performance.now() - beforeMs;
    }),
  );

const templates = createTemplateStore();
const pool = createFlowPool();
const problems = new Map<string, number>();
let flows = 0;
let slowestMs = 0;
let slowestAgainMs = 0;
let pauses = 0;
const megabytes = (): number => {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 2 ** 20);
};
const startedMs = performance.now();
for (let i = 0; i < count; i += 1) {
  const datagram = mutate();
  const context = {
    timeMs: 1_700_000_000_000 + i,
    exporter: exporters[i % EXPORTERS] ?? scratch,
    router: '',
    templates,
    pool,
  };
  const beforeMs = performance.now();
  try {
    const decoded =
      i % RECORDS_EVERY === 0 ? decodeRecords(datagram, context) : decodeNetflow(datagram, context);
    const tookMs = performance.now() - beforeMs;
    if (tookMs > SLOW_MS) {
      pauses += 1;
      slowestAgainMs = Math.max(slowestAgainMs, measureAgain(datagram, context));
    } else slowestMs = Math.max(slowestMs, tookMs);
    flows += decoded.flows.length;
    for (const { kind } of decoded.problems) problems.set(kind, (problems.get(kind) ?? 0) + 1);
  } catch (error) {
    process.stderr.write(`${Buffer.from(datagram).toString('hex')}\n`);
    throw error;
  }
  if ((i + 1) % (count / 10) === 0) process.stderr.write(`${i + 1} datagrams, RSS ${megabytes()} MB\n`);
}
process.stdout.write(
  `${JSON.stringify({
    datagrams: count,
    seed,
    seconds: Math.round((performance.now() - startedMs) / 1000),
    flows,
    problems: Object.fromEntries(problems),
    slowestMs: Math.round(Math.max(slowestMs, slowestAgainMs) * 10) / 10,
    pausesOver5Ms: pauses,
    templates: templates.size,
  })}\n`,
);
