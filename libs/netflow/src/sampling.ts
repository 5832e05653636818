import { type Flow, SamplingSource } from '@fairlead/model';

/** Sampling rates that one observation domain announced by options data. */
export interface AnnouncedSampling {
  /** For every flow of the domain. */
  rate?: number;
  /** By FLOW_SAMPLER_ID. */
  readonly bySampler: Map<number, number>;
  /** By ifIndex, where the scope of the options is an interface. */
  readonly byInterface: Map<number, number>;
}

/** What the fields of one record say about sampling; -1 where the record has no such field. */
export interface RecordSampling {
  intervalPackets: number;
  samplerId: number;
}

/**
 * The rate that a sampling field means. RouterOS 6 writes it in host byte order (16777216 is 1), and nobody samples
 * one packet in sixteen million, so a number that large is turned round.
 */
export function samplingRate(value: number): number {
  if (value < 0x0100_0000) return value;
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

/** Puts the rate on a flow and says where it comes from: the record, else options, else 1. */
export function applySampling(
  flow: Flow,
  record: RecordSampling,
  announced: AnnouncedSampling | undefined,
): void {
  if (record.intervalPackets > 0) {
    flow.samplingRate = samplingRate(record.intervalPackets);
    flow.samplingSource = SamplingSource.RECORD;
    return;
  }
  const rate = announced && announcedRate(flow, record, announced);
  if (rate !== undefined) {
    flow.samplingRate = rate;
    flow.samplingSource = SamplingSource.OPTIONS;
  } else if (record.intervalPackets === 0) {
    flow.samplingSource = SamplingSource.RECORD;
  }
}

function announcedRate(flow: Flow, record: RecordSampling, announced: AnnouncedSampling): number | undefined {
  const bySampler = record.samplerId > 0 ? announced.bySampler.get(record.samplerId) : undefined;
  return bySampler ?? announced.byInterface.get(flow.inputIfIndex) ?? announced.rate;
}
