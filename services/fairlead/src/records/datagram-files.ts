import { closeSync, openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { type CaptureProblems, isCapture, readDatagrams } from '@fairlead/pcap';

/** A flow datagram out of a file. */
export interface FileDatagram {
  /** Unix milliseconds; 0 where the file does not say. */
  readonly timeMs: number;
  /** 16 bytes; all zeros where the file does not say. */
  readonly exporter: Uint8Array;
  readonly payload: Uint8Array;
}

export type FileProblem = 'not-netflow' | 'trailing-bytes';

/** The file is not there, is not readable, or is not what its name says. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

const CHUNK_BYTES = 262_144;
/** What fits UDP. */
const MAX_DATAGRAM_BYTES = 65_535;
const CAPTURE_EXTENSIONS: ReadonlySet<string> = new Set(['.pcap', '.pcapng', '.cap']);
const VERSIONS: ReadonlySet<number> = new Set([1, 5, 7, 9, 10]);
const UNKNOWN_EXPORTER = new Uint8Array(16);

/**
 * The flow datagrams of a pcap or pcapng capture, whatever ports they use; any other file is one datagram. No more than
 * a part of the file is held.
 * @throws FileError
 */
export function* readFlowDatagrams(
  file: string,
  captureProblems: CaptureProblems,
  onProblem: (kind: FileProblem) => void,
): Generator<FileDatagram, void> {
  const chunks = readChunks(file);
  const first = chunks.next();
  const start = first.done === true ? new Uint8Array() : first.value;
  if (!isCapture(start)) {
    chunks.return();
    if (CAPTURE_EXTENSIONS.has(extname(file).toLowerCase())) {
      throw new FileError(`${file}: neither pcap nor pcapng`);
    }
    if (start.length > MAX_DATAGRAM_BYTES) onProblem('trailing-bytes');
    yield { timeMs: 0, exporter: UNKNOWN_EXPORTER, payload: start.subarray(0, MAX_DATAGRAM_BYTES) };
    return;
  }
  for (const { timeMs, source, payload } of readDatagrams(startingWith(start, chunks), captureProblems)) {
    if (VERSIONS.has(versionOf(payload))) yield { timeMs, exporter: source, payload };
    else onProblem('not-netflow');
  }
}

const versionOf = (payload: Uint8Array): number => ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);

function* startingWith(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  yield first;
  yield* rest;
}

/** Chunks that are full, except for the last; a pipe gives less at a time. */
function* readChunks(file: string): Generator<Uint8Array, void, void> {
  const descriptor = attempt(file, () => openSync(file, 'r'));
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let held = CHUNK_BYTES; held === CHUNK_BYTES;) {
      held = attempt(file, () => fill(descriptor, buffer));
      if (held > 0) yield buffer.slice(0, held);
    }
  } finally {
    closeSync(descriptor);
  }
}

function fill(descriptor: number, buffer: Uint8Array): number {
  for (let held = 0; ;) {
    const bytes = readSync(descriptor, buffer, held, buffer.length - held, null);
    held += bytes;
    if (bytes === 0 || held === buffer.length) return held;
  }
}

function attempt<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new FileError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
