import { Counter, Gauge, type Registry } from 'prom-client';

/** What is told about connections beside the ledger of their messages. */
export interface StreamMetrics {
  readonly connections: Gauge;
  /** Connections that we ended or did not take, by reason. */
  readonly refused: Counter;
  /** How often a connection was not read for a while because the log was behind. */
  readonly pauses: Counter;
  /** Readings of the files of a TLS listener while running, by outcome. */
  readonly certificateReadings: Counter;
}

/** The metrics of all stream listeners of a registry. */
export function createStreamMetrics(registry: Registry): StreamMetrics {
  const gauge = (name: string, help: string, labelNames: string[]): Gauge => {
    const existing = registry.getSingleMetric(name);
    return existing instanceof Gauge
      ? existing
      : new Gauge({ name, help, labelNames, registers: [registry] });
  };
  const counter = (name: string, help: string, labelNames: string[]): Counter => {
    const existing = registry.getSingleMetric(name);
    return existing instanceof Counter
      ? existing
      : new Counter({ name, help, labelNames, registers: [registry] });
  };
  return {
    connections: gauge('fairlead_stream_connections', 'Open connections, by service and transport.', [
      'service',
      'transport',
    ]),
    refused: counter(
      'fairlead_stream_refused_connections_total',
      'Connections that were refused or ended, by service, transport and reason.',
      ['service', 'transport', 'reason'],
    ),
    pauses: counter(
      'fairlead_stream_pauses_total',
      'Times a connection was left unread because the event log was behind, by service.',
      ['service'],
    ),
    certificateReadings: counter(
      'fairlead_stream_certificate_readings_total',
      'Readings of the certificate of a TLS listener while running, by service and outcome: applied, unchanged, or refused.',
      ['service', 'outcome'],
    ),
  };
}
