import type { TopTalkers as Talkers } from '@fairlead/live-protocol';
import { formatRate, type TimeFormat } from '../format.ts';
import type { PageApi } from '../page-api.ts';
import type { PlacedWan } from '../site-view.ts';
import type { UrlOptions } from '../url-options.ts';
import { useAnswer } from './use-answer.ts';
import type { Navigation } from './view-link.tsx';

const MINUTES = 15;
const MOST_TALKERS = 8;
/** The store answers this question by reading; it is not asked more often than anybody reads the answer. */
const ASK_EVERY_MS = 60_000;

/** Who inside uses a WAN most, asked again every minute. Wants a key that changes with the WAN. */
export function TopTalkers({
  placed: { router, wan },
  api,
  times,
  options,
  navigation,
}: {
  readonly placed: PlacedWan;
  readonly api: PageApi;
  readonly times: TimeFormat;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
}) {
  const answer = useAnswer(
    () => api.topTalkers({ router: router.router, wan: wan.name }, { minutes: MINUTES, limit: MOST_TALKERS }),
    ASK_EVERY_MS,
  );
  return (
    <section class="talkers" aria-labelledby="talkers-title">
      <header>
        <h2 id="talkers-title">Top talkers of {wan.name}</h2>
        {!options.kiosk && (
          <button type="button" onClick={() => navigation.go({ wan: undefined })}>
            Close<span class="unseen"> the top talkers</span>
          </button>
        )}
      </header>
      {answer === undefined && <p>Asking …</p>}
      {answer?.ok === false && <p role="alert">Not to be had: {answer.why}.</p>}
      {answer?.ok === true && <TalkerTable talkers={answer.value} times={times} units={options.units} />}
    </section>
  );
}

function TalkerTable({
  talkers: { talkers, sinceMs, untilMs },
  times,
  units,
}: {
  readonly talkers: Talkers;
  readonly times: TimeFormat;
  readonly units: UrlOptions['units'];
}) {
  const rate = (bytes: number): string => {
    const bps = (bytes * 8_000) / (untilMs - sinceMs);
    const { value, unit } = formatRate(bps, bps, units);
    return `${value} ${unit}`;
  };
  const range = `${times.time(sinceMs)} to ${times.time(untilMs)}`;
  if (talkers.length === 0) return <p>No flows of this WAN from {range}.</p>;
  return (
    <table>
      <caption>Means from {range}</caption>
      <thead>
        <tr>
          <th scope="col">Host</th>
          <th scope="col">In</th>
          <th scope="col">Out</th>
        </tr>
      </thead>
      <tbody>
        {talkers.map(({ address, rxBytes, txBytes }) => (
          <tr key={address}>
            <th scope="row">{address}</th>
            <td class="in">{rate(rxBytes)}</td>
            <td class="out">{rate(txBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
