import { readdir, readFile, readlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import { addressToBytes } from '@fairlead/model';

/**
 * Datagrams that the Linux kernel dropped at a socket of this process because its receive buffer was full: the last
 * column of /proc/net/udp and udp6 (proc(5)).
 * @returns undefined where the system has no such table or the socket is not in it
 */
export async function readKernelDrops(address: string, port: number): Promise<number | undefined> {
  try {
    const table = await readFile(address.includes(':') ? '/proc/net/udp6' : '/proc/net/udp', 'utf8');
    const found = findKernelDrops(table, address, port);
    if (found.length === 1) return found[0]?.drops;
    const own = await readOwnSockets();
    return found.find(({ inode }) => own.has(inode))?.drops;
  } catch {
    return undefined;
  }
}

/** The same from the text of the table; several sockets where processes share the port. */
export function findKernelDrops(
  table: string,
  address: string,
  port: number,
): { readonly inode: string; readonly drops: number }[] {
  const local = `${procAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1] === local)
    .map((columns) => ({ inode: columns[9] ?? '', drops: Number(columns.at(-1)) }));
}

/** Inodes of the sockets that this process holds. */
async function readOwnSockets(): Promise<ReadonlySet<string>> {
  const folder = '/proc/self/fd';
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  return new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''));
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
