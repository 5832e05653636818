import type { EventKind } from './event-kinds.ts';
import type { Severity, WanEvent } from './generated/fairlead/v1/wan.ts';

/** An event that concerns a whole router and none of its WANs. `timeMs` is Unix milliseconds. */
export function routerEvent(
  { name, site }: { readonly name: string; readonly site: string },
  {
    timeMs,
    kind,
    severity,
    message,
  }: {
    readonly timeMs: number;
    readonly kind: EventKind;
    readonly severity: Severity;
    readonly message: string;
  },
): WanEvent {
  const id = `${name}//${kind}/${timeMs}`;
  return { id, timeMs, site, router: name, wan: '', kind, severity, message };
}
