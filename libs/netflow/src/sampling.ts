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
  /** Packets that are left out behind every interval (samplingPacketSpace). */
  spacePackets: number;
  /** samplingSize packets out of samplingPopulation. */
  sampledSize: number;
  sampledOf: number;
  probability: number;
  samplerId: number;
}

/**
 * How many packets a sampled one stands for by these fields, at least 1. An exporter may send the fields of every way
 * of sampling (RFC 5477 section 8.2); those that do not apply come to 1, so that the highest rate is the one.
 * @returns 0 when they say that nothing is sampled, undefined when they say nothing
 */
export function recordRate(record: RecordSampling): number | undefined {
  const { intervalPackets, sampledSize, sampledOf, probability } = record;
  let rate = intervalPackets > 0 ? intervalRate(record) : 0;
  if (sampledSize > 0 && sampledOf > 0) rate = Math.max(rate, boundedRate(sampledOf / sampledSize));
  if (probability > 0 && probability <= 1) rate = Math.max(rate, boundedRate(1 / probability));
  return rate > 0 || intervalPackets === 0 ? rate : undefined;
}

/** So many packets, and then so many not; one of so many where nothing is said of those that are left out. */
function intervalRate({ intervalPackets, spacePackets }: RecordSampling): number {
  return spacePackets >= 0
    ? boundedRate((intervalPackets + spacePackets) / intervalPackets)
    : samplingRate(intervalPackets);
}

/** A whole number that the record format can hold. */
const boundedRate = (rate: number): number => Math.min(Math.max(1, Math.round(rate)), 0xffff_ffff);

/**
 * The rate that a sampling field means. RouterOS 6 writes it in host byte order (16777216 is 1), and nobody samples
 * one packet in sixteen million, so a number that large is turned round.
 */
function samplingRate(value: number): number {
  if (value < 0x0100_0000) return value;
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

/** Puts the rate on a flow and says where it comes from: the operator, else the record, else options, else 1. */
export function applySampling(
  flow: Flow,
  record: RecordSampling,
  announced: AnnouncedSampling | undefined,
  override: number | undefined,
): void {
  if (override !== undefined) {
    flow.samplingRate = override;
    flow.samplingSource = SamplingSource.OVERRIDE;
    return;
  }
  const ownRate = recordRate(record);
  const rate = ownRate || (announced && announcedRate(flow, record, announced));
  if (rate) flow.samplingRate = rate;
  if (ownRate === undefined) flow.samplingSource = rate ? SamplingSource.OPTIONS : SamplingSource.ASSUMED;
  else flow.samplingSource = ownRate === 0 && rate ? SamplingSource.OPTIONS : SamplingSource.RECORD;
}

function announcedRate(flow: Flow, record: RecordSampling, announced: AnnouncedSampling): number | undefined {
  const bySampler = record.samplerId > 0 ? announced.bySampler.get(record.samplerId) : undefined;
  return bySampler ?? announced.byInterface.get(flow.inputIfIndex) ?? announced.rate;
}
