import type { ConnectionOptions } from 'node:tls';
import { Kafka, type logCreator, logLevel, type SASLOptions } from 'kafkajs';
import type { LogWriter } from '../log-writer.ts';

export interface KafkaClientOptions {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  /** Names this client in the logs and quotas of the brokers, and begins the names of its lone groups. */
  readonly clientId: string;
  /** TLS to the brokers, with the system's authorities or with what is given. Default: none. */
  readonly tls?: boolean | ConnectionOptions;
  readonly sasl?: KafkaSasl;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** The pause before a retry begins as short as that of the Java client: a transaction meets one in every batch. */
const RETRY = { initialRetryTime: 20, multiplier: 2, factor: 0.2, maxRetryTime: 1_000, retries: 10 };

export function createKafkaClient(options: KafkaClientOptions, logger: LogWriter): Kafka {
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    ...(options.tls !== undefined && { ssl: options.tls }),
    ...(options.sasl && { sasl: { ...options.sasl } as SASLOptions }),
    connectionTimeout: 5_000,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: writeTo(logger),
  });
}

/** A line that comes again within this time is left out: while a broker is away, kafkajs says so several times a second. */
const REPEATED_MS = 10_000;
const MAX_LINES = 100;

/** What kafkajs calls an error is, for the most part, what it tries again by itself: it counts one level less here. */
function writeTo(logger: LogWriter): logCreator {
  const saidMs = new Map<string, number>();
  const isRepeated = (line: string): boolean => {
    const nowMs = performance.now();
    if (nowMs < (saidMs.get(line) ?? -Infinity) + REPEATED_MS) return true;
    if (saidMs.size >= MAX_LINES) saidMs.clear();
    saidMs.set(line, nowMs);
    return false;
  };
  return () =>
    ({
      namespace,
      level,
      log: { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields },
    }) => {
      const write = level === logLevel.ERROR ? 'warn' : level === logLevel.WARN ? 'info' : 'debug';
      if (write !== 'debug' && isRepeated(`${namespace} ${message}`)) return;
      logger[write]({ ...fields, part: namespace }, message);
    };
}
