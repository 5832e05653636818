import type { WanView } from '@fairlead/live-protocol';
import { formatCapacity, formatRate, formatShare } from '../format.ts';
import type { LinkQuality } from '../link-quality.ts';
import type { UrlOptions } from '../url-options.ts';

/** How good a WAN is, what it gets of the new connections, and what it costs this month. */
export function WanFacts({
  wan,
  quality,
  units,
}: {
  readonly wan: WanView;
  readonly quality: LinkQuality;
  readonly units: UrlOptions['units'];
}) {
  const { share, targetShare, p95 } = wan;
  const differs = share !== null && targetShare !== null && share !== targetShare;
  return (
    <dl class="wan-facts">
      <div class="quality-fact" data-tone={quality.tone}>
        <dt>
          <abbr title="Round trip and loss of pings through this WAN to beyond its gateway">
            Ping<span class="long"> beyond the gateway</span>
          </abbr>
        </dt>
        <dd>
          <strong>{quality.text}</strong>
          {quality.word !== '' && <span class="quality-word"> {quality.word}</span>}
        </dd>
      </div>
      {(share !== null || targetShare !== null) && (
        <div class="share-fact" data-differs={differs}>
          <dt>
            New<span class="long"> connections</span>
            <span class="short" aria-hidden="true">
              {' '}
              conn.
            </span>
          </dt>
          <dd>
            <strong>{share === null ? 'not known' : `${formatShare(share)} %`}</strong>
            {targetShare !== null && (
              <span class={differs ? undefined : 'long'}> wanted {formatShare(targetShare)} %</span>
            )}
          </dd>
        </div>
      )}
      {p95 !== null && <Month wan={wan} p95={p95} units={units} />}
    </dl>
  );
}

function Month({
  wan: { rxCapacityBps, commitBps },
  p95,
  units,
}: {
  readonly wan: WanView;
  readonly p95: NonNullable<WanView['p95']>;
  readonly units: UrlOptions['units'];
}) {
  const [rx, tx, larger] = [p95.rxBps, p95.txBps, Math.max(p95.rxBps, p95.txBps)].map((bps) =>
    formatRate(bps, rxCapacityBps, units),
  );
  const isOver = commitBps !== null && Math.max(p95.rxBps, p95.txBps) > commitBps;
  return (
    <div class="month-fact" data-over={isOver}>
      <dt>
        <abbr title="95th percentile of the five-minute means of this month so far">
          p95<span class="long"> of the month</span>
        </abbr>
      </dt>
      <dd>
        <strong>
          <span class="long">
            in {rx?.value}, out {tx?.value}
          </span>
          <span class="short" aria-hidden="true">
            {larger?.value}
          </span>
          {commitBps === null && ` ${rx?.unit ?? ''}`}
        </strong>
        {commitBps !== null && (
          <span class="commit">
            {isOver ? ' over ' : ' of '}
            {formatCapacity(commitBps, units)}
          </span>
        )}
      </dd>
    </div>
  );
}
