/** WebSocket subprotocol; a change that old clients cannot live with gets a new name. */
export const LIVE_SUBPROTOCOL = 'wanboard.v1';

export const LIVE_PATH = '/ws';

/** Version in `hello` and `welcome`. */
export const LIVE_VERSION = 1;

/** What the server holds every client to; a client is told by `welcome`. */
export const liveLimits = {
  /** Longest message from a client. */
  messageBytes: 64 * 1024,
  /** Channels that one socket may follow. */
  subscriptions: 16,
  /** Messages from one client between two ticks. */
  messagesPerTick: 100,
  /** Longest history of samples in one snapshot. */
  historySeconds: 600,
  /** Most samples in one snapshot; with many WANs each gets fewer. */
  snapshotRows: 20_000,
  /** Most events in one snapshot. */
  snapshotEvents: 200,
} as const;

/**
 * Channels. `wan/*` and `routers` carry state: the latest value of a key wins, and a slow client skips values.
 * `events` is a log: every item arrives, or the client is told (`resync`) and gets a new snapshot.
 */
export const liveChannels = ['wan/*', 'routers', 'events'] as const;
export type LiveChannel = (typeof liveChannels)[number];

/** Columns of a row of `wan/*`, in the order in which they stand in a row. */
export const wanColumns = [
  't',
  'rxBps',
  'txBps',
  'rxUtil',
  'txUtil',
  'active',
  'condition',
  'sinceMs',
  'probeLoss',
  'probeRttMs',
] as const;
