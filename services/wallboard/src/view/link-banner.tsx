import { formatDuration } from '../format.ts';
import type { LinkState } from '../live-link.ts';

/** The line across the page while there is no connection. */
export function LinkBanner({
  link,
  monotonicMs,
  onRetry,
}: {
  readonly link: LinkState;
  readonly monotonicMs: number;
  readonly onRetry: () => void;
}) {
  if (link.phase !== 'lost') return null;
  const waitMs = link.retryAtMs - monotonicMs;
  return (
    <div class="banner" role="alert">
      <strong>Connection lost for {formatDuration(monotonicMs - link.sinceMs)}</strong>
      <span>
        {link.why}; {waitMs > 1_000 ? `next try in ${formatDuration(waitMs)}` : 'trying again'}
      </span>
      <button type="button" onClick={onRetry}>
        Try now
      </button>
    </div>
  );
}
