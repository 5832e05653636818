import {
  Actuation,
  type Codec,
  DeadLetter,
  Decision,
  Flow,
  InterfaceCounters,
  RawDatagram,
  RouterState,
  SensorReading,
  SyslogMessage,
  WanEvent,
  WanReconciliation,
  WanUtilisation,
} from '@fairlead/model';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;

/** A topic of the event log: its wire name, and what the records in its values are. */
export interface Topic<T> {
  /** Name in Kafka; the version is part of it. */
  readonly name: string;
  readonly codec: Codec<T>;
  /** What the key is, which is what stays in order. */
  readonly key: 'router' | 'exporter';
  readonly partitions: number;
  readonly retentionMs: number;
  /** Most bytes kept in one partition. */
  readonly retentionBytes: number;
}

function topic<T>(base: string, codec: Codec<T>, options: Partial<Topic<T>> = {}): Topic<T> {
  return {
    name: `fairlead.${base}.v1`,
    codec,
    key: 'router',
    partitions: 4,
    retentionMs: 7 * DAY_MS,
    retentionBytes: GIB,
    ...options,
  };
}

/**
 * Every topic. A value in the log is a batch of records of the topic's type (`encodeFrames`); what concerns one
 * router has one key and so stays in order.
 */
export const topics = {
  rawNetflow: topic('raw.netflow', RawDatagram, {
    key: 'exporter',
    retentionMs: DAY_MS,
    retentionBytes: 4 * GIB,
  }),
  flows: topic('flows', Flow, { retentionMs: DAY_MS, retentionBytes: 4 * GIB }),
  syslog: topic('syslog', SyslogMessage),
  counters: topic('counters', InterfaceCounters, { retentionMs: DAY_MS }),
  sensors: topic('sensors', SensorReading, { retentionMs: DAY_MS }),
  routerState: topic('router-state', RouterState),
  wanUtilisation: topic('wan-utilisation', WanUtilisation),
  wanReconciliation: topic('wan-reconciliation', WanReconciliation),
  wanEvents: topic('wan-events', WanEvent, { retentionMs: 90 * DAY_MS }),
  decisions: topic('decisions', Decision, { retentionMs: 90 * DAY_MS }),
  actuations: topic('actuations', Actuation, { retentionMs: 90 * DAY_MS }),
  deadLetter: topic('dead-letter', DeadLetter),
} as const;

export type TopicName = keyof typeof topics;
/** The record type of a topic. */
export type RecordOf<K extends TopicName> = (typeof topics)[K] extends Topic<infer T> ? T : never;
