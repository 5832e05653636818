import type { OrderRequest, RouterView } from '@fairlead/live-protocol';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An order that somebody is about to give: what the dialog asks about. */
export type OrderDraft =
  | {
      readonly kind: 'acknowledge';
      readonly router: RouterView;
      /** What is seen, in words. */
      readonly subject: string;
      readonly wan?: string | undefined;
      readonly event?: string | undefined;
    }
  | {
      readonly kind: 'pin' | 'unpin' | 'lock' | 'unlock' | 'arm' | 'observe';
      readonly router: RouterView;
    };

/** What is filled in beside the order itself. */
export interface OrderDetails {
  readonly note: string;
  /** For a pin. */
  readonly wan: string;
  readonly untilMs: number;
}

/** How long a pin may be asked for. */
export const pinLengths = [
  { ms: 15 * MINUTE_MS, name: '15 minutes' },
  { ms: HOUR_MS, name: '1 hour' },
  { ms: 4 * HOUR_MS, name: '4 hours' },
  { ms: 24 * HOUR_MS, name: '1 day' },
  { ms: 7 * 24 * HOUR_MS, name: '7 days' },
] as const;

export interface OrderText {
  readonly title: string;
  /** What will happen, in plain words. */
  readonly consequence: string;
  /** On the button that gives the order. */
  readonly confirm: string;
}

/** What an order means for the router as it is now. */
export function orderText(draft: OrderDraft): OrderText {
  const { router, mode, locked } = draft.router;
  switch (draft.kind) {
    case 'acknowledge':
      return {
        title: `Acknowledge: ${draft.subject}`,
        consequence: 'Everybody sees that you have seen it, and your note. Nothing else changes.',
        confirm: 'Acknowledge',
      };
    case 'pin':
      return {
        title: `Pin the new connections of ${router}`,
        consequence: [
          'New connections go to the WAN you choose until the end you choose, whatever its load. Connections that exist stay where they are.',
          ...(locked ? [`${router} is locked: the pin counts once the lock is ended.`] : []),
          ...(mode === 'observe' ? [notWritten(router)] : []),
        ].join(' '),
        confirm: 'Pin',
      };
    case 'unpin':
      return {
        title: `End the pin of ${router}`,
        consequence: `Fairlead decides again where new connections of ${router} go, by load. They stay where they are until it does.`,
        confirm: 'End the pin',
      };
    case 'lock':
      return {
        title: `Lock ${router} for maintenance`,
        consequence: `Fairlead decides nothing for ${router} until somebody ends the lock: new connections stay where they are, even if that WAN goes down. Data and events still come.`,
        confirm: 'Lock',
      };
    case 'unlock':
      return {
        title: `End the lock of ${router}`,
        consequence: `Fairlead decides for ${router} again. ${mode === 'armed' ? 'It may move new connections at once.' : notWritten(router)}`,
        confirm: 'End the lock',
      };
    case 'arm':
      return {
        title: `Arm ${router}`,
        consequence: `Fairlead writes to ${router}: from its next decision on it changes the routing mark of the steering rule, and new connections move.${locked ? ` ${router} is locked: nothing moves until the lock is ended.` : ''}`,
        confirm: 'Arm',
      };
    case 'observe':
      return {
        title: `Only observe ${router}`,
        consequence: `Fairlead writes nothing more to ${router}: new connections stay where they are, even if that WAN goes down. What it would have done is still shown.`,
        confirm: 'Only observe',
      };
  }
}

const notWritten = (router: string): string =>
  `${router} is only observed: nothing is written to it until it is armed.`;

/** The order as the server takes it. */
export function orderOf(draft: OrderDraft, { note, wan, untilMs }: OrderDetails): OrderRequest {
  const { router } = draft.router;
  switch (draft.kind) {
    case 'acknowledge':
      return {
        kind: 'acknowledge',
        router,
        note,
        ...(draft.wan === undefined ? {} : { wan: draft.wan }),
        ...(draft.event === undefined ? {} : { event: draft.event }),
      };
    case 'pin':
      return { kind: 'pin', router, wan, untilMs, note };
    case 'unpin':
    case 'lock':
    case 'unlock':
    case 'arm':
    case 'observe':
      return { kind: draft.kind, router, note };
  }
}
