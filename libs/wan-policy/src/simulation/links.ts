import type { SteeredWan } from '../steering-policy.ts';
import { Random } from './random.ts';

/** A link as the model knows it. The policy knows its capacity only. */
export interface SimulatedLink extends SteeredWan {
  /** lte: what it carries wanders between a fifth and all of its capacity. lossy: loses 5 %, at times 60 %. */
  readonly nature: 'steady' | 'lte' | 'lossy';
}

/** How a link is, step by step: the share of its capacity that is there, and the share of packets that is lost. */
export interface LinkDay {
  readonly share: Float32Array;
  readonly loss: Float32Array;
}

const MEGA = 1_000_000;
const USUAL_LOSS = 0.05;
const BAD_LOSS = 0.6;

/**
 * Links of a text such as `40/10` or `100/20lte/20lossy`: received megabits per second; a quarter of it is sent.
 * @returns undefined when it is not two to eight of them
 */
export function parseLinks(text: string): SimulatedLink[] | undefined {
  const links: SimulatedLink[] = [];
  for (const [i, part] of text.split('/').entries()) {
    const match = /^(\d+(?:\.\d+)?)(lte|lossy)?$/.exec(part);
    const rxBps = Number(match?.[1]) * MEGA;
    if (!match || !(rxBps > 0)) return undefined;
    const nature = match[2] === 'lte' || match[2] === 'lossy' ? match[2] : 'steady';
    const capacity = { rxBps, txBps: rxBps / 4 };
    links.push({ name: `ISP${i + 1}`, capacity, costPerGb: 0, commitBps: 0, nature });
  }
  return links.length >= 2 && links.length <= 8 ? links : undefined;
}

/** Draws how a link is on a day; the same seed gives the same. */
export function drawLink({ nature }: SimulatedLink, steps: number, stepS: number, seed: number): LinkDay {
  const share = new Float32Array(steps).fill(1);
  const loss = new Float32Array(steps);
  const random = new Random(seed);
  if (nature === 'lte') {
    let now = 0.7;
    for (let step = 0; step < steps; step += 1) {
      if ((step * stepS) % 60 < stepS) now = Math.min(1, Math.max(0.2, now + 0.25 * (random.next() - 0.5)));
      share[step] = now;
    }
  }
  if (nature === 'lossy') {
    let leftS = 0;
    for (let step = 0; step < steps; step += 1) {
      if (leftS > 0) leftS -= stepS;
      else if (random.next() < stepS / 14_400) leftS = 600 * (0.5 + random.next());
      loss[step] = leftS > 0 ? BAD_LOSS : USUAL_LOSS;
    }
  }
  return { share, loss };
}
