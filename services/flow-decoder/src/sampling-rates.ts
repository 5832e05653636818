import { addressFromBytes, addressToBytes } from '@fairlead/model';
import type { FlowDecoderConfig } from './config.ts';

/** The operator's word on the sampling rate of an exporter (16 bytes), whatever spelling of its address it stands under. */
export function readSamplingRates({
  samplingRates,
}: FlowDecoderConfig): (exporter: Uint8Array) => number | undefined {
  const rates = new Map(
    Object.entries(samplingRates).map(([address, rate]) => [addressFromBytes(addressToBytes(address)), rate]),
  );
  return (exporter) => (rates.size === 0 ? undefined : rates.get(addressFromBytes(exporter)));
}
