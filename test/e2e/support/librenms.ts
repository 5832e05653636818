import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What LibreNMS polls of an interface. */
export interface ExpectedPort {
  readonly ifIndex: number;
  readonly ifName: string;
  readonly ifAlias: string;
  readonly ifOperStatus: string;
  readonly ifAdminStatus: string;
  readonly ifLastChange: number;
  readonly ifSpeed: number | null;
  readonly ifInOctets: number;
  readonly ifOutOctets: number;
  readonly ifInUcastPkts: number;
  readonly ifInMulticastPkts: number;
  readonly ifInBroadcastPkts: number;
  readonly ifOutUcastPkts: number;
  readonly ifOutMulticastPkts: number;
  readonly ifOutBroadcastPkts: number;
  readonly ifInErrors: number;
  readonly ifOutErrors: number;
  readonly ifInDiscards: number;
  readonly ifOutDiscards: number;
}

/** What LibreNMS polls of a sensor, a processor, a memory pool or a disk: the instance it reads, and its value. */
export interface ExpectedSensor {
  readonly oid: string;
  /** Class of LibreNMS, which fixes the unit. */
  readonly kind: string;
  readonly description: string;
  /** The description is LibreNMS's own and does not hold the name on the device. */
  readonly isDescribedByLibreNms: boolean;
  readonly value: number;
  readonly state: string | undefined;
}

interface Walk {
  readonly ports?: { readonly poller: { readonly ports: readonly ExpectedPort[] } };
  readonly sensors?: {
    readonly discovery: {
      readonly sensors?: readonly RawSensor[];
      readonly state_indexes?: readonly RawState[];
    };
  };
  readonly wireless?: {
    readonly discovery: { readonly wireless_sensors: readonly RawSensor[] };
    readonly poller: { readonly wireless_sensors: readonly RawSensor[] };
  };
  readonly processors?: {
    readonly discovery: { readonly processors: readonly Record<string, string | number>[] };
  };
  readonly mempools?: {
    readonly discovery: { readonly mempools: readonly Record<string, string | number>[] };
  };
  readonly storage?: { readonly discovery: { readonly storage: readonly Record<string, string | number>[] } };
}

interface RawSensor {
  readonly sensor_class: string;
  readonly sensor_type: string;
  readonly sensor_index: string;
  readonly sensor_descr: string;
  readonly sensor_current: number;
  readonly sensor_oid?: string;
  readonly sensor_oids?: string;
}

interface RawState {
  readonly state_name: string;
  readonly state_value: number;
  readonly state_descr: string;
}

export function expectedOf(
  captures: string,
  name: string,
): { readonly ports: readonly ExpectedPort[]; readonly sensors: readonly ExpectedSensor[] } {
  const walk = JSON.parse(readFileSync(join(captures, 'snmp', 'expected', `${name}.json`), 'utf8')) as Walk;
  const states = walk.sensors?.discovery.state_indexes ?? [];
  const sensors = (walk.sensors?.discovery.sensors ?? []).map((sensor): ExpectedSensor => {
    const isState = sensor.sensor_class === 'state';
    const state = states.find(
      (entry) => entry.state_name === sensor.sensor_type && entry.state_value === sensor.sensor_current,
    );
    return {
      oid: withoutDot(sensor.sensor_oid ?? ''),
      kind: sensor.sensor_class,
      description: sensor.sensor_descr,
      isDescribedByLibreNms: !/^(sfp|ether|.*-|temperature|voltage)/.test(sensor.sensor_descr),
      value: sensor.sensor_current,
      state: isState ? state?.state_descr : undefined,
    };
  });
  // What is polled of radios is scaled; what was discovered of them is not.
  const discovered = walk.wireless?.discovery.wireless_sensors ?? [];
  const wireless = (walk.wireless?.poller.wireless_sensors ?? []).map((sensor): ExpectedSensor => {
    const same = discovered.find((entry) =>
      (['sensor_class', 'sensor_type', 'sensor_index'] as const).every((key) => entry[key] === sensor[key]),
    );
    const [oid = ''] = JSON.parse(same?.sensor_oids ?? '[]') as string[];
    return {
      oid: withoutDot(oid),
      kind: sensor.sensor_class,
      description: same?.sensor_descr ?? '',
      isDescribedByLibreNms: false,
      value: sensor.sensor_current,
      state: undefined,
    };
  });
  const processors = (walk.processors?.discovery.processors ?? []).map((entry) =>
    plain(entry['processor_oid'], 'processor', entry['processor_descr'], entry['processor_usage'], true),
  );
  const HR_STORAGE_SIZE = '1.3.6.1.2.1.25.2.3.1.5';
  const memory = (walk.mempools?.discovery.mempools ?? []).flatMap((entry) => [
    plain(entry['mempool_used_oid'], 'bytes', entry['mempool_descr'], entry['mempool_used']),
    plain(
      `${HR_STORAGE_SIZE}.${entry['mempool_index']}`,
      'bytes',
      entry['mempool_descr'],
      entry['mempool_total'],
    ),
  ]);
  const storage = (walk.storage?.discovery.storage ?? []).flatMap((entry) => [
    plain(entry['storage_used_oid'], 'bytes', entry['storage_descr'], entry['storage_used']),
    plain(
      `${HR_STORAGE_SIZE}.${entry['storage_index']}`,
      'bytes',
      entry['storage_descr'],
      entry['storage_size'],
    ),
  ]);
  return {
    ports: walk.ports?.poller.ports ?? [],
    sensors: [...sensors, ...wireless, ...processors, ...memory, ...storage],
  };
}

const withoutDot = (oid: string): string => oid.replace(/^\./, '');

const plain = (
  oid: unknown,
  kind: string,
  description: unknown,
  value: unknown,
  isDescribedByLibreNms = false,
): ExpectedSensor => ({
  oid: withoutDot(String(oid)),
  kind,
  description: String(description),
  isDescribedByLibreNms,
  value: Number(value),
  state: undefined,
});

/** LibreNMS gives frequencies of radios in MHz and distances in km, we give hertz and metres; all else is the same. */
export function toFairleadUnit({ kind, value }: ExpectedSensor): number {
  if (kind === 'frequency') return value * 1_000_000;
  if (kind === 'distance') return Number((value * 1_000).toPrecision(12));
  return value;
}
