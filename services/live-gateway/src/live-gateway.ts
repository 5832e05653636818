import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { EventLog, Subscription } from '@fairlead/event-log';
import { LIVE_VERSION, liveLimits } from '@fairlead/live-protocol';
import type { Clock, InventorySource } from '@fairlead/model';
import {
  type Component,
  createLedger,
  createRateLimitedLog,
  type HttpServer,
  type Telemetry,
} from '@fairlead/runtime';
import { createGatekeeper } from './access/gatekeeper.ts';
import { maySee } from './access/grant.ts';
import { addApi } from './api.ts';
import { watchBilling } from './billing-watch.ts';
import { parseChannel } from './channel-set.ts';
import { Cohorts } from './cohorts.ts';
import type { LiveGatewayConfig } from './config.ts';
import { feedView } from './feed-view.ts';
import { createLiveView } from './live-view.ts';
import { createGatewayMetrics } from './metrics.ts';
import { addPages, buildId, builtWallboard } from './pages.ts';
import type { HistoryStore } from './read-store.ts';
import type { Session, SessionHub } from './session.ts';
import { encodeMessage } from './shared-frame.ts';
import { createSocketDoor } from './socket-door.ts';

const SERVICE = 'live-gateway';
const HOUSEKEEPING_MS = 1_000;
/** What comes shortly after something new is sent with it. */
const GATHER_MS = 5;

export interface LiveGatewayDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly http: HttpServer;
  /** For history; absent where this process has none. */
  readonly store?: HistoryStore | undefined;
}

/**
 * Shows the live state: folds the records of the log into channels and sends them over WebSocket, and serves the page.
 * The WebSocket only reads; orders come over HTTP and go into the log, where others act on them.
 */
export function createLiveGateway(config: LiveGatewayConfig, deps: LiveGatewayDeps): Component {
  const { log, inventory, clock, telemetry, http } = deps;
  const logger = telemetry.log.child({ service: SERVICE });
  const warnings = createRateLimitedLog(logger);
  const metrics = createGatewayMetrics(telemetry.registry);
  const ledger = createLedger(telemetry.registry, SERVICE, 'records');
  const wallboard = resolve(config.wallboard ?? builtWallboard);
  const view = createLiveView(inventory.current(), randomBytes(6).toString('hex'));
  const cohorts = new Cohorts(metrics);
  const laggards = new Set<Session>();
  metrics.laggards(() => laggards.size);
  let build = 'none';
  let sessions = 0;
  let timers: NodeJS.Timeout[] = [];
  let nextFlush: NodeJS.Timeout | undefined;
  let flushedMs = -Infinity;
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;
  let billing: { stop(): Promise<void> } | undefined;

  const gatekeeper = createGatekeeper({
    needsToken: config.access === 'token',
    tokenFile: config.tokenFile,
    nowMs: () => clock.nowMs(),
  });
  const hub: SessionHub = {
    cohorts,
    metrics,
    laggards,
    flush,
    admit: gatekeeper.admit,
    holds: gatekeeper.holds,
    openChannel(name, grant) {
      const wanted = parseChannel(name);
      if (!wanted) return 'unknown-channel';
      if (wanted.site !== undefined && !maySee(grant, wanted.site)) return 'forbidden';
      const set = view.channelsOfSites(wanted.site === undefined ? grant.sites : new Set([wanted.site]));
      return { channel: set[wanted.kind], epoch: set.epoch };
    },
    welcome: ({ mayWrite }) => ({
      type: 'welcome',
      v: LIVE_VERSION,
      session: String((sessions += 1)),
      build,
      now: clock.nowMs(),
      tick: config.tickMs,
      simulated: config.simulated,
      mayWrite,
      limits: liveLimits,
    }),
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
  };
  const door = createSocketDoor({ ...config, hostAllowed: http.hostAllowed }, hub, {
    metrics,
    warnings,
    release: http.release,
  });

  addPages(http.app, { wallboard });
  addApi(http.app, {
    ...{ view, log, inventory, clock, gatekeeper, metrics, warnings },
    store: deps.store,
    origins: config.origins,
    simulated: config.simulated,
  });
  // An HTTP server waits for its sockets when it closes, and does not know those that became WebSockets.
  http.app.addHook('preClose', door.close);

  function flush(): void {
    if (view.commit()) cohorts.advance(clock.nowMs());
  }

  /** Sends soon: what comes together goes together, and no client gets more than one in `flushMs`. */
  function flushSoon(): void {
    if (nextFlush) return;
    const waitMs = Math.max(GATHER_MS, flushedMs + config.flushMs - clock.monotonicMs());
    nextFlush = setTimeout(() => {
      nextFlush = undefined;
      flushedMs = clock.monotonicMs();
      flush();
    }, waitMs);
  }

  async function keepHouse(): Promise<void> {
    try {
      await gatekeeper.refresh();
    } catch (error) {
      warnings.warn('tokens', { err: error }, 'the tokens stay as they were');
    }
    door.keepHouse();
  }

  function tick(): void {
    const frame = encodeMessage({ type: 'tick', now: clock.nowMs() });
    cohorts.tick(frame);
    for (const session of door.sessions()) session.tick(frame);
  }

  return {
    name: SERVICE,
    async start() {
      await gatekeeper.refresh();
      build = await buildId(wallboard);
      if (build === 'none') logger.warn({ wallboard }, 'the wallboard is not built');
      view.replaceInventory(inventory.current());
      subscription = await feedView(
        view,
        log,
        { ledger, nowMs: () => clock.nowMs() },
        {
          batch() {
            telemetry.setHealth(SERVICE, true);
            flushSoon();
          },
          error(error) {
            telemetry.setHealth(SERVICE, false, 'cannot read the event log');
            warnings.warn('log', { err: error }, 'cannot read the event log');
          },
        },
      );
      unfollow = inventory.subscribe(({ inventory: next }) => {
        const isCut = view.replaceInventory(next);
        flush();
        if (isCut) for (const session of door.sessions()) session.resync();
      });
      if (deps.store) billing = watchBilling(view, deps.store, { inventory, clock, warnings }, flushSoon);
      flush();
      http.app.server.on('upgrade', door.onUpgrade);
      timers = [
        setInterval(() => {
          for (const session of [...laggards]) session.pump();
        }, config.flushMs),
        setInterval(tick, config.tickMs),
        setInterval(() => void keepHouse(), HOUSEKEEPING_MS),
      ];
      telemetry.setHealth(SERVICE, true);
    },
    async stop() {
      unfollow?.();
      for (const timer of timers) clearInterval(timer);
      timers = [];
      http.app.server.off('upgrade', door.onUpgrade);
      await door.close();
      await billing?.stop();
      await subscription?.stop();
      subscription = undefined;
      clearTimeout(nextFlush);
      nextFlush = undefined;
    },
  };
}
