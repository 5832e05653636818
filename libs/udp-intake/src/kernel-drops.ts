import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { addressToBytes } from '@fairlead/model';

/**
 * Datagrams that the Linux kernel dropped at a socket because its receive buffer was full: the last column of
 * /proc/net/udp and udp6 (proc(5)).
 * @returns undefined where the system has no such table or the socket is not in it
 */
export async function readKernelDrops(address: string, port: number): Promise<number | undefined> {
  const table = address.includes(':') ? '/proc/net/udp6' : '/proc/net/udp';
  try {
    return findKernelDrops(await readFile(table, 'utf8'), address, port);
  } catch {
    return undefined;
  }
}

/** The same from the text of the table. */
export function findKernelDrops(table: string, address: string, port: number): number | undefined {
  const local = `${procAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === local) return Number(columns.at(-1));
  }
  return undefined;
}

/** The table prints each 32-bit word of an address as the number that the machine's byte order makes of it. */
function procAddress(address: string): string {
  const bytes = addressToBytes(address);
  const words = address.includes(':') ? [0, 4, 8, 12] : [12];
  return words
    .map((at) => {
      const word = [...bytes.subarray(at, at + 4)];
      return (endianness() === 'LE' ? word.reverse() : word)
        .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
        .join('');
    })
    .join('');
}
