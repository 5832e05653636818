import type { EventLog, LogRecord, SubscribeOptions } from '@fairlead/event-log';
import {
  CounterSource,
  decodeFrames,
  encodeFrames,
  fixedInventory,
  InterfaceCounters,
  inventorySchema,
  systemClock,
  WanEvent,
  WanUtilisation,
} from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { createWanProcessor, wanProcessorConfigSchema } from '@fairlead/wan-processor';

export const ROUTERS = ['gw1', 'gw2', 'gw3', 'gw4', 'gw5', 'gw6', 'gw7', 'gw8'];
const INTERFACE = 'ether1';
const CAPACITY_BPS = 100_000_000;
const INTERVAL_MS = 1_000;
/** Readings of one load, then as many of the other. */
const READINGS_OF_A_LOAD = 20;
const LOADS = [0.2, 0.98];
const BYTES_OF_A_LOAD = LOADS.map((load) => (load * CAPACITY_BPS * INTERVAL_MS) / 8_000);

/** `routers` of fairlead.yaml, of which JSON is a part. */
export const routersConfig = ROUTERS.map((name, index) => ({
  name,
  site: 'chaos',
  address: `192.0.2.${index + 1}`,
  // Nobody asks it: the producer plays the part of who does.
  snmp: { community: 'public', intervalMs: INTERVAL_MS },
  wans: [{ name: 'ISP1', interface: INTERFACE, capacity: { rx: '100M', tx: '100M' }, routingMark: 'ISP1' }],
}));

/** A reading by its number: so much later than the first one, with loads that go over the limits and come back. */
export function reading(router: string, number: number, startMs: number): InterfaceCounters {
  const loads = Math.floor(number / READINGS_OF_A_LOAD);
  const [light = 0, heavy = 0] = BYTES_OF_A_LOAD;
  const whole = READINGS_OF_A_LOAD * (Math.ceil(loads / 2) * light + Math.floor(loads / 2) * heavy);
  const rest = (number % READINGS_OF_A_LOAD) * (loads % 2 === 0 ? light : heavy);
  return {
    ...InterfaceCounters.decode(new Uint8Array()),
    timeMs: startMs + number * INTERVAL_MS,
    router,
    source: CounterSource.SNMP,
    interface: INTERFACE,
    deviceUptimeMs: BigInt(60_010 + number * INTERVAL_MS),
    rxBytes: BigInt(Math.round(whole + rest)),
    txBytes: 0n,
    running: true,
  };
}

/** What one processor that nothing ever happens to makes of readings. */
export interface ExpectedOfReadings {
  /** `router timeMs` of each sample of utilisation. */
  readonly samples: readonly string[];
  /** Ids of events. */
  readonly events: readonly string[];
  /** Bytes that the samples account for. */
  readonly bytes: number;
}

const BATCH_RECORDS = 500;

/**
 * @param readings those of a router in the order of the log
 * @param others entries of routers beside those of here
 */
export async function expectedOf(
  readings: readonly InterfaceCounters[],
  others: readonly object[],
): Promise<ExpectedOfReadings> {
  const samples: string[] = [];
  const events: string[] = [];
  let bytes = 0;
  let handOver: SubscribeOptions['onBatch'] = async () => undefined;
  const log: EventLog = {
    ensureTopics: async () => undefined,
    append: async () => [],
    async subscribe({ onBatch }) {
      handOver = onBatch;
      return { stop: async () => undefined };
    },
    read: async () => [],
    partitions: async (topic) => [{ topic, partition: 0, firstOffset: 0, nextOffset: 0 }],
    committed: async () => new Map(),
    close: async () => undefined,
  };
  const processor = createWanProcessor(wanProcessorConfigSchema.parse({}), {
    ...{ log, clock: systemClock, telemetry: createTelemetry({ level: 'silent' }) },
    inventory: fixedInventory(inventorySchema.parse([...routersConfig, ...others])),
  });
  await processor.start();
  const records = readings.map((counters, offset): LogRecord => ({
    ...{ topic: topics.counters.name, partition: 0, offset, key: counters.router },
    value: encodeFrames(InterfaceCounters, [counters]),
    timestampMs: counters.timeMs,
  }));
  for (let at = 0; at < records.length; at += BATCH_RECORDS) {
    const batch = { topic: topics.counters.name, partition: 0, tenure: 1 };
    const outputs = await handOver({ ...batch, records: records.slice(at, at + BATCH_RECORDS) });
    for (const { topic, value } of outputs ?? []) {
      if (topic === topics.wanEvents.name) events.push(...decodeFrames(WanEvent, value).map(({ id }) => id));
      if (topic !== topics.wanUtilisation.name) continue;
      for (const { router, timeMs, rxBps, intervalMs } of decodeFrames(WanUtilisation, value)) {
        samples.push(`${router} ${timeMs}`);
        bytes += (rxBps * intervalMs) / 8_000;
      }
    }
  }
  await processor.stop();
  return { samples, events, bytes };
}
