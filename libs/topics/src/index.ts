import {
  Actuation,
  ActuationEffect,
  type Codec,
  DeadLetter,
  Decision,
  Flow,
  InterfaceCounters,
  Order,
  RawDatagram,
  RouterState,
  SensorReading,
  SyslogMessage,
  WanEvent,
  WanReconciliation,
  WanState,
  WanUtilisation,
} from '@fairlead/model';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;

/** A message of schemas/fairlead/v1. */
export interface RecordSchema {
  readonly file: string;
  readonly message: string;
}

/** A topic of the event log: its wire name, and what the records in its values are. */
export interface Topic<T> {
  /** Name in Kafka; the version is part of it. */
  readonly name: string;
  /** Goes up when records change so that readers of the old ones would misread them: a new topic then, beside the old. */
  readonly version: number;
  readonly codec: Codec<T>;
  readonly schema: RecordSchema;
  /** What the key is, which is what stays in order. */
  readonly key: 'router' | 'exporter';
  readonly partitions: number;
  readonly retentionMs: number;
  /** Most bytes kept in one partition. */
  readonly retentionBytes: number;
  /** Keeps the newest value of each key for good, and others for no certain time; the retention means nothing then. */
  readonly compacted: boolean;
}

type TopicOptions = Partial<
  Pick<Topic<unknown>, 'key' | 'partitions' | 'retentionMs' | 'retentionBytes' | 'compacted'>
>;

function topic<T>(
  base: string,
  codec: Codec<T>,
  [file, message]: readonly [file: string, message: string],
  options: TopicOptions = {},
): Topic<T> {
  const version = 1;
  return {
    name: `fairlead.${base}.v${version}`,
    version,
    codec,
    schema: { file, message },
    key: 'router',
    partitions: 4,
    retentionMs: 7 * DAY_MS,
    retentionBytes: GIB,
    compacted: false,
    ...options,
  };
}

/**
 * Every topic. A value in the log is a batch of records of the topic's type (`encodeFrames`); what concerns one
 * router has one key and so stays in order.
 */
export const topics = {
  rawNetflow: topic('raw.netflow', RawDatagram, ['raw_netflow.proto', 'RawDatagram'], {
    key: 'exporter',
    retentionMs: DAY_MS,
    retentionBytes: 4 * GIB,
  }),
  flows: topic('flows', Flow, ['flows.proto', 'Flow'], { retentionMs: DAY_MS, retentionBytes: 4 * GIB }),
  syslog: topic('syslog', SyslogMessage, ['syslog.proto', 'SyslogMessage']),
  counters: topic('counters', InterfaceCounters, ['counters.proto', 'InterfaceCounters'], {
    retentionMs: DAY_MS,
  }),
  sensors: topic('sensors', SensorReading, ['sensors.proto', 'SensorReading'], { retentionMs: DAY_MS }),
  routerState: topic('router-state', RouterState, ['router_state.proto', 'RouterState']),
  wanUtilisation: topic('wan-utilisation', WanUtilisation, ['wan.proto', 'WanUtilisation']),
  wanReconciliation: topic('wan-reconciliation', WanReconciliation, [
    'reconciliation.proto',
    'WanReconciliation',
  ]),
  wanEvents: topic('wan-events', WanEvent, ['wan.proto', 'WanEvent'], { retentionMs: 90 * DAY_MS }),
  decisions: topic('decisions', Decision, ['wan.proto', 'Decision'], { retentionMs: 90 * DAY_MS }),
  actuations: topic('actuations', Actuation, ['wan.proto', 'Actuation'], { retentionMs: 90 * DAY_MS }),
  actuationEffects: topic('actuation-effects', ActuationEffect, ['wan.proto', 'ActuationEffect'], {
    retentionMs: 90 * DAY_MS,
  }),
  wanState: topic('wan-state', WanState, ['wan_state.proto', 'WanState'], {
    compacted: true,
    retentionBytes: 64 * 2 ** 20,
  }),
  // Years: an order stands until another one takes it back.
  orders: topic('orders', Order, ['order.proto', 'Order'], { partitions: 1, retentionMs: 3_650 * DAY_MS }),
  deadLetter: topic('dead-letter', DeadLetter, ['dead_letter.proto', 'DeadLetter']),
} as const;

export type TopicName = keyof typeof topics;
/** The record type of a topic. */
export type RecordOf<K extends TopicName> = (typeof topics)[K] extends Topic<infer T> ? T : never;
