import type { TileCondition } from '../tile-state.ts';
import type { EventTone } from '../event-text.ts';

const shape = (children: preact.ComponentChildren, className = '') => (
  <svg class={`icon ${className}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
);

/** Each condition has a shape of its own, so that colour is never the only sign. */
export function ConditionIcon({ condition }: { readonly condition: TileCondition }) {
  switch (condition) {
    case 'normal':
      return shape(
        <>
          <circle cx="12" cy="12" r="10" class="fill" />
          <path d="m7.5 12.5 3 3 6-6.5" class="cut" />
        </>,
      );
    case 'busy':
      return shape(
        <>
          <path d="M12 2.6 23 21.4H1z" class="fill" />
          <path d="M12 9.5v5M12 17.6v.4" class="cut" />
        </>,
      );
    case 'down':
      return shape(
        <>
          <path d="M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9z" class="fill" />
          <path d="m8 8 8 8m0-8-8 8" class="cut" />
        </>,
      );
    case 'no-data':
      return shape(
        <>
          <rect x="2" y="2" width="20" height="20" rx="3" class="outline" />
          <path d="M7 12h10" class="stroke" />
        </>,
      );
    case 'waiting':
      return shape(
        <>
          <circle cx="12" cy="12" r="9.5" class="outline dashed" />
          <path d="M12 7v5l3.5 2" class="stroke" />
        </>,
      );
  }
}

const toneConditions: Readonly<Record<EventTone, TileCondition | undefined>> = {
  info: undefined,
  good: 'normal',
  warning: 'busy',
  error: 'down',
};

export function ToneIcon({ tone }: { readonly tone: EventTone }) {
  const condition = toneConditions[tone];
  if (condition) return <ConditionIcon condition={condition} />;
  return shape(<path d="m12 3.5 8.5 8.5-8.5 8.5L3.5 12z" class="outline" />);
}

export const ArrowRight = () => shape(<path d="M3 12h17m-6-6.5 6.5 6.5-6.5 6.5" class="stroke" />);
export const ArrowDown = () => shape(<path d="M12 3v17m-6.5-6 6.5 6.5 6.5-6.5" class="stroke" />);
export const ArrowUp = () => shape(<path d="M12 21V4m-6.5 6L12 3.5 18.5 10" class="stroke" />);
export const Play = () => shape(<path d="M5 2.5 21 12 5 21.5z" class="fill" />);
export const Sun = () =>
  shape(
    <>
      <circle cx="12" cy="12" r="4.5" class="outline" />
      <path
        d="M12 1.5v3m0 15v3M1.5 12h3m15 0h3M4.6 4.6l2.1 2.1m10.6 10.6 2.1 2.1m0-14.8-2.1 2.1M6.7 17.3l-2.1 2.1"
        class="stroke"
      />
    </>,
  );
export const Moon = () => shape(<path d="M20.5 14.5A9 9 0 0 1 9.5 3.5a9 9 0 1 0 11 11z" class="outline" />);
const BELL = 'M12 3a6 6 0 0 0-6 6c0 6-2 7.5-2.5 8.5h17C20 16.5 18 15 18 9a6 6 0 0 0-6-6zm-2.3 18h4.6';
export const Bell = () => shape(<path d={BELL} class="stroke" />);
export const BellOff = () =>
  shape(
    <>
      <path d={BELL} class="stroke" />
      <path d="M2.5 2.5l19 19" class="stroke" />
    </>,
  );
export const Expand = () => shape(<path d="M3 9V3h6m6 0h6v6m0 6v6h-6m-6 0H3v-6" class="stroke" />);
export const Mark = () =>
  shape(
    <>
      <path d="M1.5 16c6 0 5.5-9 11-9H22" class="stroke in" />
      <path d="M1.5 21c8 0 8-9 12-9H20" class="stroke out" />
      <path d="m18 3 4 4-4 4" class="stroke in" />
    </>,
    'mark',
  );
