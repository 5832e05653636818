/** Counters of a network device since it was made. */
export interface DeviceCounters {
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
  readonly rxPackets: bigint;
  readonly txPackets: bigint;
}

/** Reads `/proc/net/dev` (proc(5)): two lines of head, then `name: bytes packets …` of receiving and of sending, 8 each. */
export function parseNetDev(text: string): ReadonlyMap<string, DeviceCounters> {
  const devices = text
    .split('\n')
    .slice(2)
    .filter((line) => line.includes(':'));
  return new Map(
    devices.map((line) => {
      const [name = '', numbers = ''] = line.split(/:(.*)/s);
      const [rxBytes, rxPackets, , , , , , , txBytes, txPackets] = numbers.trim().split(/\s+/).map(BigInt);
      const counters = {
        rxBytes: rxBytes ?? 0n,
        txBytes: txBytes ?? 0n,
        rxPackets: rxPackets ?? 0n,
        txPackets: txPackets ?? 0n,
      };
      return [name.trim(), counters];
    }),
  );
}
