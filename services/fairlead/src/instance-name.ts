import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { FairleadConfig } from './config.ts';

/**
 * What is one Fairlead, seen by a router: the processes that share a log. Two logs are two Fairleads, also on one host.
 */
export function instanceName({
  eventLog,
  dataDirectory,
}: Pick<FairleadConfig, 'eventLog' | 'dataDirectory'>): string {
  return eventLog.kind === 'kafka'
    ? `kafka ${eventLog.brokers.toSorted().join(' ')}`
    : `${hostname()} ${resolve(dataDirectory)}`;
}
