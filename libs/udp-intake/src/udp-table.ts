import { readdir, readFile, readlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import { addressToBytes } from '@fairlead/model';

/** A UDP socket in the tables of the Linux kernel, /proc/net/udp and udp6 (proc(5)). */
export interface UdpSocketRow {
  readonly inode: string;
  /** What waits in the receive buffer, in bytes of kernel memory; a small datagram takes many times its size. */
  readonly queuedBytes: number;
  /** Datagrams dropped because the receive buffer was full. */
  readonly drops: number;
}

/**
 * Finds the socket of this process that is bound to an address, to be asked for by its inode from then on: connecting
 * changes the address.
 * @returns undefined where the system has no such table or the socket is not in it
 */
export async function findOwnInode(address: string, port: number): Promise<string | undefined> {
  try {
    const local = `${procAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const found = parseUdpTable(await readTable(address.includes(':')), local);
    if (found.length === 1) return found[0]?.inode;
    // Several where processes share the port.
    const own = await readOwnSockets();
    return found.find(({ inode }) => own.has(inode))?.inode;
  } catch {
    return undefined;
  }
}

/** @returns undefined where there is no such table or no such socket */
export async function readUdpSocket(inode: string, isV6: boolean): Promise<UdpSocketRow | undefined> {
  try {
    return parseUdpTable(await readTable(isV6)).find((row) => row.inode === inode);
  } catch {
    return undefined;
  }
}

/** The sockets in the text of a table; with `local` those bound to that address and port, as the table writes them. */
export function parseUdpTable(table: string, local?: string): UdpSocketRow[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns.length > 1 && (local === undefined || columns[1] === local))
    .map((columns) => ({
      inode: columns[9] ?? '',
      queuedBytes: Number.parseInt(columns[4]?.split(':')[1] ?? '', 16),
      drops: Number(columns.at(-1)),
    }));
}

/** The table prints each 32-bit word of an address as the number that the machine's byte order makes of it. */
export function procAddress(address: string): string {
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

const readTable = (isV6: boolean): Promise<string> =>
  readFile(isV6 ? '/proc/net/udp6' : '/proc/net/udp', 'utf8');

/** Inodes of the sockets that this process holds. */
async function readOwnSockets(): Promise<ReadonlySet<string>> {
  const folder = '/proc/self/fd';
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  return new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''));
}
