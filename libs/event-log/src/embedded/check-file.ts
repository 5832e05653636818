import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * What `check-file.ts` knows of LMDB's file (struct MDB_meta, MDB_db, MDB_page_header and MDB_node in mdb.c of the `lmdb`
 * package): pages of one size, the first two of which are meta pages that name the roots of trees. All little-endian.
 */
const HEADER_BYTES = 24;
const META = {
  magic: 24,
  pageSize: 48,
  freeRoot: 88,
  mainRoot: 136,
  lastPage: 144,
  transaction: 152,
  end: 160,
};
const MAGIC = 0xbeefc0de;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const PAGE_FLAGS_AT = 18;
const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW_PAGES_AT = 20;
const NODE_BYTES = 8;
const BIG_DATA = 0x01;
const SUB_TREE = 0x02;
const ROOT_IN_SUB_TREE = 40;
/** No tree is deeper; a ring of pages would be. */
const MOST_LEVELS = 32;

const ADVICE =
  'Stop what runs on it, then restore the folder from a backup, or move it away and begin with an empty log: what the store holds stays, what was not stored yet is lost';

/**
 * Sees whether the file of a log was cut off, which LMDB itself does not: reading beyond the end would end the process by
 * SIGBUS. A file may be shorter than its last page when nothing uses the pages behind, so a short one is looked through.
 * Other damage inside the file is not seen here.
 * @throws Error saying what is wrong and what to do
 */
export function checkFile(file: string): void {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    let problem = findProblem(handle, file);
    // Another process that writes at this moment changes pages under our eyes.
    for (let again = 0; problem !== undefined && again < 3; again += 1) problem = findProblem(handle, file);
    if (problem !== undefined) throw new Error(`${problem}. ${ADVICE}.`);
  } finally {
    closeSync(handle);
  }
}

function findProblem(handle: number, file: string): string | undefined {
  const meta = newestMeta(handle);
  // Asked after the pages were read that say how long it must be: it may be growing.
  const bytes = fstatSync(handle).size;
  if (bytes === 0) return undefined;
  if (!meta) return `${file} is not the file of an event log, or its first pages are damaged`;
  const neededBytes = (meta.lastPage + 1) * meta.pageSize;
  if (bytes >= neededBytes) return undefined;
  const walk = { handle, pageSize: meta.pageSize, pages: Math.floor(bytes / meta.pageSize) };
  if (meta.roots.every((root) => isWhole(walk, root, 0))) return undefined;
  return `${file} is cut off: it has ${bytes} bytes of ${neededBytes}`;
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly roots: readonly bigint[];
}

/** Number of the newest transaction that the file has committed; undefined where its first pages are damaged. */
export const newestTransaction = (handle: number): number | undefined => {
  const meta = newestMeta(handle);
  return meta && Number(meta.transaction);
};

function newestMeta(handle: number): Meta | undefined {
  const first = readMeta(handle, 0);
  const pageSize = first?.pageSize ?? 4_096;
  const second = readMeta(handle, pageSize);
  if (!first || !second) return first ?? second;
  return first.transaction > second.transaction ? first : second;
}

function readMeta(handle: number, at: number): Meta | undefined {
  const page = Buffer.alloc(META.end);
  if (readSync(handle, page, 0, page.length, at) < page.length) return undefined;
  if (page.readUInt32LE(META.magic) !== MAGIC) return undefined;
  return {
    pageSize: page.readUInt32LE(META.pageSize),
    lastPage: Number(page.readBigUInt64LE(META.lastPage)),
    transaction: page.readBigUInt64LE(META.transaction),
    roots: [page.readBigUInt64LE(META.freeRoot), page.readBigUInt64LE(META.mainRoot)],
  };
}

interface Walk {
  readonly handle: number;
  readonly pageSize: number;
  /** Whole pages that the file has. */
  readonly pages: number;
}

/** Whether every page of a tree is in the file. */
function isWhole(walk: Walk, root: bigint, level: number): boolean {
  if (root === NO_PAGE) return true;
  if (level > MOST_LEVELS || root >= BigInt(walk.pages)) return false;
  const page = readPage(walk, Number(root));
  const flags = page.readUInt16LE(PAGE_FLAGS_AT);
  if ((flags & (BRANCH | LEAF)) === 0) return false;
  for (let node = 0; node < page.readUInt16LE(OVERFLOW_PAGES_AT) >> 1; node += 1) {
    const at = HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * node);
    if (at + NODE_BYTES > page.length) return false;
    if ((flags & BRANCH) !== 0) {
      if (!isWhole(walk, BigInt(page.readUIntLE(at, 6)), level + 1)) return false;
      continue;
    }
    const dataAt = at + NODE_BYTES + page.readUInt16LE(at + 6);
    const kind = page.readUInt16LE(at + 4);
    if ((kind & BIG_DATA) !== 0 && !hasOverflow(walk, page.readBigUInt64LE(dataAt))) return false;
    if ((kind & SUB_TREE) !== 0) {
      if (!isWhole(walk, page.readBigUInt64LE(dataAt + ROOT_IN_SUB_TREE), level + 1)) return false;
    }
  }
  return true;
}

/** A value of several pages: the first says how many. */
function hasOverflow(walk: Walk, first: bigint): boolean {
  if (first >= BigInt(walk.pages)) return false;
  const count = readPage(walk, Number(first)).readUInt32LE(OVERFLOW_PAGES_AT);
  return Number(first) + count <= walk.pages;
}

function readPage({ handle, pageSize }: Walk, number: number): Buffer {
  const page = Buffer.alloc(pageSize);
  readSync(handle, page, 0, pageSize, number * pageSize);
  return page;
}
