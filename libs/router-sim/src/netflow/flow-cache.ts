import type { ConnectionReading } from '../kernel/kernel.ts';
import type { FlowRecord } from './v9-encoder.ts';

export interface FlowCacheOptions {
  readonly activeTimeoutMs: number;
  readonly inactiveTimeoutMs: number;
  readonly maxEntries: number;
}

export interface FlowCache {
  opened(connection: ConnectionReading): void;
  /** The flows that are to be reported by now, each for what it did since its last report. */
  expire(nowMs: number): FlowRecord[];
  clear(): void;
}

interface Entry {
  readonly connection: ConnectionReading;
  /** What was reported already. */
  rxBytes: number;
  txBytes: number;
  rxPackets: number;
  txPackets: number;
  startMs: number;
}

/** What Traffic Flow keeps of each connection between its reports: both directions, two flows. */
export function createFlowCache(options: FlowCacheOptions): FlowCache {
  const entries = new Map<number, Entry>();
  return {
    opened(connection) {
      if (entries.size >= options.maxEntries) return;
      entries.set(connection.id, {
        connection,
        rxBytes: 0,
        txBytes: 0,
        rxPackets: 0,
        txPackets: 0,
        startMs: connection.openedMs,
      });
    },
    expire(nowMs) {
      const flows: FlowRecord[] = [];
      for (const [id, entry] of entries) {
        const { connection } = entry;
        const idle = nowMs - connection.lastPacketMs >= options.inactiveTimeoutMs;
        if (!idle && nowMs - entry.startMs < options.activeTimeoutMs) continue;
        flows.push(...flowsOf(entry));
        entry.rxBytes = connection.rxBytes;
        entry.txBytes = connection.txBytes;
        entry.rxPackets = connection.rxPackets;
        entry.txPackets = connection.txPackets;
        entry.startMs = nowMs;
        if (idle && connection.closed) entries.delete(id);
      }
      return flows;
    },
    clear: () => entries.clear(),
  };
}

/** The upload with the client's address rewritten to the WAN's, and the download to the WAN's address, rewritten back. */
function flowsOf(entry: Entry): FlowRecord[] {
  const { connection } = entry;
  const { client, server, natted } = connection;
  const common = {
    startMs: entry.startMs,
    endMs: Math.max(entry.startMs, connection.lastPacketMs),
    protocol: connection.protocol === 'tcp' ? 6 : 17,
    tcpFlags: connection.protocol === 'udp' ? 0 : connection.closed ? 0x1b : 0x1a,
  };
  const upload: FlowRecord = {
    ...common,
    bytes: connection.txBytes - entry.txBytes,
    packets: connection.txPackets - entry.txPackets,
    source: client,
    destination: server,
    sourceAfterNat: natted,
    destinationAfterNat: server,
    inputIndex: connection.lanIndex,
    outputIndex: connection.wanIndex,
    nextHop: connection.wanGateway,
  };
  const download: FlowRecord = {
    ...common,
    bytes: connection.rxBytes - entry.rxBytes,
    packets: connection.rxPackets - entry.rxPackets,
    source: server,
    destination: natted,
    sourceAfterNat: server,
    destinationAfterNat: client,
    inputIndex: connection.wanIndex,
    outputIndex: connection.lanIndex,
    nextHop: client.address,
  };
  return [upload, download].filter((flow) => flow.packets > 0);
}
