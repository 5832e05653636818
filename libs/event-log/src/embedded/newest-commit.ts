import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newestTransaction } from './check-file.ts';

/**
 * Beginning of LMDB's lock file (struct MDB_txninfo in mdb.c of the `lmdb` package), little-endian: a magic number, the
 * format, and the number of the transaction that the next writer begins at.
 */
const LOCK = { magic: 0, transaction: 8, end: 16 };
const MAGIC = 0xbeefc0de;

/** Where the newest commit is, by the file and by the lock file, which LMDB itself does not tell. */
export interface NewestCommit {
  /**
   * Asked inside the transaction, before it changes anything. When the answer is no, the number in the lock file has been
   * put right: end the transaction without a change, and begin another.
   * @param transaction number of the transaction that is under way
   * @throws Error when the lock file is not as expected, and so cannot be put right
   */
  isBaseOf(transaction: number): boolean;
  /** Whether whoever reads from now on sees this transaction. The disk may not have it yet. */
  isVisible(transaction: number): boolean;
  close(): void;
}

/**
 * Guards against LMDB beginning a transaction at an older commit than the newest. A process that opens the environment
 * reads the number of the newest transaction from the file and writes it into the lock file a moment later, without the
 * lock of writers (`mdb_env_open2`); one that finds another process dead while it flushed does the same
 * (`mdb_mutex_failed`). A commit of somebody else in between is forgotten: the next transaction would begin before it and take
 * its place, acknowledged as it is. Whoever writes holds the lock of writers, so what is compared here stands still.
 */
export function openNewestCommit(directory: string): NewestCommit {
  const data = openSync(join(directory, 'data.mdb'), 'r');
  const file = join(directory, 'lock.mdb');
  // Never closed: a process that closes any handle of a file gives up its locks on it (fcntl(2)), and LMDB has one.
  const lock = openSync(file, 'r+');
  const number = Buffer.alloc(8);
  return {
    isBaseOf(transaction) {
      const newest = newestTransaction(data);
      if (newest === undefined || transaction > newest) return true;
      putRight(file, lock, newest);
      return false;
    },
    isVisible(transaction) {
      readSync(lock, number, 0, number.length, LOCK.transaction);
      return number.readBigUInt64LE() >= BigInt(transaction);
    },
    close: () => closeSync(data),
  };
}

/** The file is mapped by all processes, and written here under the lock of writers, as LMDB itself does it. */
function putRight(file: string, handle: number, newest: number): void {
  const bytes = Buffer.alloc(LOCK.end);
  const isWhole = readSync(handle, bytes, 0, bytes.length, 0) === bytes.length;
  const found = bytes.readBigUInt64LE(LOCK.transaction);
  // Another that opens the file may have changed it once more.
  if (!isWhole || bytes.readUInt32LE(LOCK.magic) !== MAGIC || found > BigInt(newest)) {
    throw new Error(
      `${file}: the newest transaction is ${newest}, and the next would begin at ${found}; stop all that run on this log and start them again`,
    );
  }
  bytes.writeBigUInt64LE(BigInt(newest), LOCK.transaction);
  writeSync(handle, bytes, LOCK.transaction, 8, LOCK.transaction);
}
