import { formatCapacity, formatRate, formatShare } from '../format.ts';
import type { UrlOptions } from '../url-options.ts';
import { ArrowDown, ArrowUp } from './icons.tsx';

export interface Limits {
  readonly leaveAbove: number;
  readonly returnBelow: number;
}

/** One direction of a WAN: the rate, the share of capacity, and a bar with the limits of the policy on it. */
export function Direction({
  way,
  bps,
  share,
  capacityBps,
  limits,
  units,
}: {
  readonly way: 'in' | 'out';
  readonly bps: number | undefined;
  readonly share: number | undefined;
  readonly capacityBps: number;
  readonly limits: Limits | null;
  readonly units: UrlOptions['units'];
}) {
  const rate = bps === undefined ? undefined : formatRate(bps, capacityBps, units);
  const { unit } = formatRate(0, capacityBps, units);
  const above = limits !== null && share !== undefined && share > limits.leaveAbove;
  const name = way === 'in' ? 'In' : 'Out';
  return (
    <div class={`direction ${way}`} data-above={above}>
      <p class="direction-name">
        {way === 'in' ? <ArrowDown /> : <ArrowUp />}
        <span>{name}</span>
      </p>
      <p class="rate">
        <span class="number">{rate?.value ?? '–'}</span> <span class="unit">{unit}</span>
      </p>
      <p class="share">
        <span class="number">{share === undefined ? '–' : formatShare(share)}</span>
        <span class="unit"> %</span>
        <small> of {formatCapacity(capacityBps, units)}</small>
      </p>
      <div
        class="meter"
        role="meter"
        aria-label={`${name}, share of capacity`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === undefined ? 0 : Math.min(100, Math.round(share * 100))}
        aria-valuetext={share === undefined ? 'not known' : `${formatShare(share)} percent`}
      >
        <div class="meter-fill" style={{ transform: `scaleX(${Math.min(1, share ?? 0)})` }} />
        {limits && <i class="meter-return" style={{ left: `${limits.returnBelow * 100}%` }} />}
        {limits && <i class="meter-leave" style={{ left: `${limits.leaveAbove * 100}%` }} />}
      </div>
    </div>
  );
}
