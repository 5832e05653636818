import { statSync } from 'node:fs';

/** Where a reader sits who would like to know how far it is. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How far the reading is, on one line of a terminal that is written over. */
export interface DecodeProgress {
  /** So many bytes more were read. */
  read(bytes: number): void;
  /** Takes the line away, before anything else is written. */
  clear(): void;
}

export interface DecodeProgressOptions {
  readonly stream: ProgressStream;
  /** All that will be read; undefined where that is not known. */
  readonly totalBytes: number | undefined;
  /** What was found so far. */
  readonly counts: () => { readonly datagrams: number; readonly flows: number };
  /** Never goes backwards, milliseconds. */
  readonly monotonicMs: () => number;
}

/** What takes less is not worth a line. */
const QUIET_MS = 1_000;
const INTERVAL_MS = 250;
const DEFAULT_COLUMNS = 80;
const MEGABYTE = 1_000_000;

/** Back to the start of the line, and nothing on it (ECMA-48: carriage return, erase in line). */
const CLEAR_LINE = '\r\u001b[K';

/** Says nothing unless the stream is a terminal and the work takes longer than a second. */
export function createDecodeProgress({
  stream,
  totalBytes,
  counts,
  monotonicMs,
}: DecodeProgressOptions): DecodeProgress {
  const startedMs = monotonicMs();
  let nextMs = startedMs + QUIET_MS;
  let readBytes = 0;
  let isShown = false;

  function text(nowMs: number): string {
    const { datagrams, flows } = counts();
    const share = totalBytes ? ` of ${megabytes(totalBytes)} (${percent(readBytes, totalBytes)})` : '';
    const seconds = Math.round((nowMs - startedMs) / 1_000);
    return `${megabytes(readBytes)}${share}, ${datagrams} datagrams, ${flows} flows, ${seconds} s`;
  }

  return {
    read(bytes) {
      readBytes += bytes;
      if (stream.isTTY !== true) return;
      const nowMs = monotonicMs();
      if (nowMs < nextMs) return;
      nextMs = nowMs + INTERVAL_MS;
      isShown = true;
      stream.write(`${CLEAR_LINE}${text(nowMs).slice(0, widthOf(stream))}`);
    },
    clear() {
      if (isShown) stream.write(CLEAR_LINE);
      isShown = false;
    },
  };
}

/** The size of all files together; undefined when one of them is no plain file, or cannot be asked. */
export function totalBytesOf(files: readonly string[]): number | undefined {
  try {
    const stats = files.map((file) => statSync(file));
    return stats.every((stat) => stat.isFile()) ? stats.reduce((sum, { size }) => sum + size, 0) : undefined;
  } catch {
    // What is wrong with a file is told when its turn comes.
    return undefined;
  }
}

/** A line that is wider than the terminal would not be written over; one that does not say how wide it is says 0. */
const widthOf = ({ columns = 0 }: ProgressStream): number => (columns > 0 ? columns : DEFAULT_COLUMNS) - 1;
const megabytes = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`;
const percent = (part: number, whole: number): string =>
  `${Math.min(100, Math.floor((part / whole) * 100))} %`;
