/** What connections of one kind look like. Rates and durations are means; each connection draws its own. */
export interface ConnectionKind {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly serverPort: number;
  /** What one connection would take if nobody else were there, bits per second. rx is download. */
  readonly rxBps: number;
  readonly txBps: number;
  /** How long it would last at that rate; on a full link it lasts longer, because its volume is what it wants. */
  readonly durationMs: number;
  /** How far a connection strays from the means: 0 not at all, 0.5 from half to one and a half times. */
  readonly spread: number;
}

/** Connections of one kind that open during a phase. */
export interface Arrivals {
  readonly kind: ConnectionKind;
  readonly perSecond: number;
  /** `random` as people click (Poisson), `paced` at even distances. */
  readonly pattern: 'random' | 'paced';
}

export interface LoadPhase {
  readonly durationMs: number;
  readonly arrivals: readonly Arrivals[];
}

/** What the clients of the LAN want over time. The phases repeat. */
export interface LoadScenario {
  readonly phases: readonly LoadPhase[];
}

/** Stays open for an hour and carries next to nothing: what a steering change must leave alone. */
const idleConnection: ConnectionKind = {
  name: 'idle',
  protocol: 'tcp',
  serverPort: 443,
  rxBps: 800,
  txBps: 80,
  durationMs: 3_600_000,
  spread: 0,
};

/** So many idle connections open each second, evenly. */
export const idleLoad = (perSecond: number): LoadScenario => ({
  phases: [{ durationMs: 60_000, arrivals: [{ kind: idleConnection, perSecond, pattern: 'paced' }] }],
});

/** Nobody wants anything. */
export const noLoad: LoadScenario = { phases: [{ durationMs: 60_000, arrivals: [] }] };

/** Arrivals whose connections together ask for `rxBps` once the first of them have lived their life. */
export function arrivalsFor(
  kind: ConnectionKind,
  rxBps: number,
  pattern: Arrivals['pattern'] = 'random',
): Arrivals {
  return { kind, perSecond: rxBps / (kind.rxBps * (kind.durationMs / 1_000)), pattern };
}

/** A load that stays: short connections that together ask for `rxBps`. */
export function steadyLoad(rxBps: number, kind: ConnectionKind = webPage(rxBps)): LoadScenario {
  return { phases: [{ durationMs: 60_000, arrivals: [arrivalsFor(kind, rxBps)] }] };
}

/** Short connections, small enough beside `rxBps` that a hundred and more of them are open at a time. */
function webPage(rxBps: number): ConnectionKind {
  return {
    name: 'web',
    protocol: 'tcp',
    serverPort: 443,
    rxBps: rxBps / 120,
    txBps: rxBps / 1_200,
    durationMs: 3_000,
    spread: 0.5,
  };
}

/**
 * The demo's load, 100 s that repeat, in shares of the first WAN's download capacity. After 12 calm seconds (30 %) a crowd
 * comes: long downloads worth 70 % that stick to the WAN they began on, and more web pages (36 %), which are short
 * and follow the mark within seconds. So a flip is seen at once, yet the first WAN stays above its return limit (60 %)
 * until the downloads end at about 60 s; then new connections come back.
 */
export function demoLoad(firstWanRxBps = 50e6): LoadScenario {
  const web = webPage(0.36 * firstWanRxBps);
  const video: ConnectionKind = {
    name: 'quic',
    protocol: 'udp',
    serverPort: 443,
    rxBps: firstWanRxBps / 400,
    txBps: firstWanRxBps / 8_000,
    durationMs: 4_000,
    spread: 0.5,
  };
  const download: ConnectionKind = {
    name: 'download',
    protocol: 'tcp',
    serverPort: 443,
    rxBps: 0.02 * firstWanRxBps,
    txBps: 0.0004 * firstWanRxBps,
    durationMs: 43_000,
    spread: 0.04,
  };
  const browse = (share: number): Arrivals[] => [
    arrivalsFor(web, share * 0.8 * firstWanRxBps),
    arrivalsFor(video, share * 0.2 * firstWanRxBps),
  ];
  return {
    phases: [
      { durationMs: 12_000, arrivals: browse(0.3) },
      {
        durationMs: 3_500,
        arrivals: [...browse(0.36), { kind: download, perSecond: 10, pattern: 'paced' }],
      },
      { durationMs: 44_500, arrivals: browse(0.36) },
      { durationMs: 40_000, arrivals: browse(0.3) },
    ],
  };
}
