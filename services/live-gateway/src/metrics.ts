import { Counter, Gauge, type Registry } from 'prom-client';

export interface GatewayMetrics {
  clients(count: number): void;
  sent(type: string, count?: number): void;
  conflated(count: number): void;
  closed(code: number): void;
  refused(reason: string): void;
  laggards(count: () => number): void;
}

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const clients = new Gauge({ name: 'fairlead_live_clients', help: 'Open WebSockets.', registers });
  // Counted here first: looking labels up for every message takes longer than sending it to one more client.
  const justSent = new Map<string, number>();
  new Counter({
    name: 'fairlead_live_sent_total',
    help: 'Messages sent to clients, by type.',
    labelNames: ['type'],
    registers,
    collect() {
      for (const [type, count] of justSent) this.inc({ type }, count);
      justSent.clear();
    },
  });
  const conflated = new Counter({
    name: 'fairlead_live_conflated_total',
    help: 'State deltas that slow clients got as part of a later one.',
    registers,
  });
  const closed = new Counter({
    name: 'fairlead_live_closed_total',
    help: 'WebSockets that ended, by close code.',
    labelNames: ['code'],
    registers,
  });
  const refused = new Counter({
    name: 'fairlead_live_refused_total',
    help: 'WebSocket upgrades that were refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  return {
    clients: (count) => clients.set(count),
    sent: (type, count = 1) => {
      justSent.set(type, (justSent.get(type) ?? 0) + count);
    },
    conflated: (count) => conflated.inc(count),
    closed: (code) => closed.inc({ code: String(code) }),
    refused: (reason) => refused.inc({ reason }),
    laggards: (count) => {
      new Gauge({
        name: 'fairlead_live_laggards',
        help: 'WebSockets that have not read what there is for them.',
        registers,
        collect() {
          this.set(count());
        },
      });
    },
  };
}
