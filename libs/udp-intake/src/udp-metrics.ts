import { Counter, Gauge, type Registry } from 'prom-client';

/** What is told about sockets and sources beside the ledger. */
export interface UdpMetrics {
  readonly receiveBuffer: Gauge;
  readonly kernelDrops: Gauge;
  readonly queuedBytes: Gauge;
  readonly evictedSources: Counter;
}

/** The metrics of all UDP listeners of a registry. */
export function createUdpMetrics(registry: Registry): UdpMetrics {
  const gauge = (name: string, help: string): Gauge => {
    const existing = registry.getSingleMetric(name);
    if (existing instanceof Gauge) return existing;
    return new Gauge({ name, help, labelNames: ['service', 'address'], registers: [registry] });
  };
  const evicted = 'fairlead_udp_sources_evicted_total';
  const existing = registry.getSingleMetric(evicted);
  return {
    receiveBuffer: gauge(
      'fairlead_udp_receive_buffer_bytes',
      'Receive buffer that the kernel granted, by service and address.',
    ),
    kernelDrops: gauge(
      'fairlead_udp_kernel_drops',
      'Datagrams that the kernel dropped because the receive buffer was full, by service and address.',
    ),
    queuedBytes: gauge(
      'fairlead_udp_receive_queue_bytes',
      'Kernel memory of the datagrams that wait in the receive buffer, by service and address.',
    ),
    evictedSources:
      existing instanceof Counter
        ? existing
        : new Counter({
            name: evicted,
            help: 'Source addresses forgotten for want of room, with what their rate limit knew, by service.',
            labelNames: ['service'],
            registers: [registry],
          }),
  };
}
