import { addressFromBytes, type Flow } from '@fairlead/model';
import type { DataRecord } from '@fairlead/netflow';
import type { RecordOrigin } from './record-origin.ts';

/** A record as one line for people: the flow, or the fields of an options record. */
export function formatRecordLine(record: DataRecord, { timeMs, exporter, version }: RecordOrigin): string {
  const when = timeMs === 0 ? '-' : new Date(timeMs).toISOString();
  const template = record.template === 0 ? '' : `/${record.template}`;
  const what = record.kind === 'flow' ? flowText(record.flow) : `options ${fieldsText(record.fields)}`;
  return `${when} ${addressFromBytes(exporter)} v${version}${template} ${what}`;
}

function flowText(flow: Flow): string {
  const from = endpoint(flow.srcAddress, flow.srcPort);
  const to = endpoint(flow.dstAddress, flow.dstPort);
  const sampling = flow.samplingRate > 1 ? `, 1 in ${flow.samplingRate}` : '';
  return `${from} -> ${to} ${protocolName(flow.protocol)}, ${flow.packets} packets, ${flow.bytes} bytes, in ${flow.inputIfIndex}, out ${flow.outputIfIndex}${sampling}`;
}

function endpoint(address: Uint8Array, port: number): string {
  const text = addressFromBytes(address);
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

const protocols: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [50, 'esp'],
  [58, 'icmpv6'],
]);

const protocolName = (number: number): string => protocols.get(number) ?? `protocol ${number}`;

const fieldsText = (fields: DataRecord['fields']): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${fieldText(value)}`)
    .join(' ');

/** Text of an exporter is foreign: as JSON it cannot break the line. */
function fieldText(value: DataRecord['fields'][string]): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}
