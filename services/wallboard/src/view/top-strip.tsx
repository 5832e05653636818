import { formatDuration, type TimeFormat } from '../format.ts';
import type { Freshness } from '../freshness.ts';
import type { LinkState } from '../live-link.ts';
import type { OverallState } from '../tile-state.ts';
import type { UrlChange, UrlOptions } from '../url-options.ts';
import { Bell, BellOff, ConditionIcon, Expand, Mark, Moon, Sun } from './icons.tsx';

export function TopStrip({
  overall,
  simulated,
  link,
  data,
  nowMs,
  times,
  options,
  soundAllowed,
  onOptions,
}: {
  readonly overall: OverallState;
  readonly simulated: boolean;
  readonly link: LinkState;
  /** Age of the oldest latest sample. */
  readonly data: { readonly ageMs: number | undefined; readonly freshness: Freshness };
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly soundAllowed: boolean;
  readonly onOptions: (change: UrlChange) => void;
}) {
  return (
    <header class="strip">
      <h1>
        <Mark />
        Fairlead
      </h1>
      <p class="overall" data-condition={overall.condition} role="status">
        <ConditionIcon condition={overall.condition} />
        <strong>{overall.word}</strong>
        <span>{overall.detail}</span>
      </p>
      {simulated && <p class="simulated">SIMULATED SITE</p>}
      <dl>
        <div data-freshness={data.freshness}>
          <dt>Data</dt>
          <dd>{data.ageMs === undefined ? 'none yet' : `${formatDuration(data.ageMs)} old`}</dd>
        </div>
        <div data-link={link.phase}>
          <dt>Link</dt>
          <dd>{linkWords[link.phase]}</dd>
        </div>
        {options.sound && !soundAllowed && (
          <div data-sound="blocked">
            <dt>Sound</dt>
            <dd>click once</dd>
          </div>
        )}
        <div class="clock">
          <dt>{times.zone(nowMs)}</dt>
          <dd>
            <time>{times.time(nowMs)}</time>
          </dd>
        </div>
      </dl>
      {!options.kiosk && (
        <p class="controls">
          <button
            type="button"
            onClick={() => onOptions({ sound: options.sound ? undefined : '1' })}
            aria-pressed={options.sound}
            aria-label="Sound for new problems"
          >
            {options.sound ? <Bell /> : <BellOff />}
          </button>
          <button
            type="button"
            onClick={() => onOptions({ theme: options.theme === 'dark' ? 'light' : 'dark' })}
            aria-label={options.theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'}
          >
            {options.theme === 'dark' ? <Sun /> : <Moon />}
          </button>
          <button
            type="button"
            onClick={() => onOptions({ kiosk: '1' })}
            aria-label="Hide the controls (kiosk)"
          >
            <Expand />
          </button>
        </p>
      )}
    </header>
  );
}

const linkWords: Readonly<Record<LinkState['phase'], string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'lost',
};
