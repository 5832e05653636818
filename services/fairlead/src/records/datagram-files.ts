import { closeSync, openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { type CaptureProblems, isCapture, readDatagrams } from '@fairlead/pcap';
import { isFlowDatagram } from './is-flow-datagram.ts';

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

/** As the name of a file. */
const STANDARD_INPUT = '-';
const CHUNK_BYTES = 262_144;
/** What fits UDP. */
const MAX_DATAGRAM_BYTES = 65_535;
const CAPTURE_EXTENSIONS: ReadonlySet<string> = new Set(['.pcap', '.pcapng', '.cap']);
const UNKNOWN_EXPORTER = new Uint8Array(16);

/** RFC 5655: IPFIX messages one behind the other. */
const IPFIX_FILE_EXTENSION = '.ipfix';
const IPFIX_HEADER_BYTES = 16;
/** How a file begins that has to be unpacked first. */
const PACKED: readonly (readonly [program: string, start: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

/**
 * The flow datagrams of a pcap or pcapng capture, whatever ports they use; an IPFIX file (`.ipfix`) is messages one
 * behind the other, any other file is one datagram; `-` is standard input. No more than a part of the file is held.
 * @throws FileError
 */
export function* readFlowDatagrams(
  file: string,
  captureProblems: CaptureProblems,
  onProblem: (kind: FileProblem) => void,
  onRead: (bytes: number) => void = () => undefined,
): Generator<FileDatagram, void> {
  const chunks = readChunks(file, onRead);
  const first = chunks.next();
  const start = first.done === true ? new Uint8Array() : first.value;
  if (!isCapture(start)) {
    const extension = extname(file).toLowerCase();
    const packer = PACKED.find(([, magic]) => magic.every((byte, i) => start[i] === byte))?.[0];
    if (packer !== undefined || CAPTURE_EXTENSIONS.has(extension)) {
      chunks.return();
      throw new FileError(
        `${file}: ${packer === undefined ? whyNoCapture(start) : `packed with ${packer}, unpack it first`}`,
      );
    }
    if (extension === IPFIX_FILE_EXTENSION) {
      for (const payload of readMessages(startingWith(start, chunks))) {
        yield { timeMs: 0, exporter: UNKNOWN_EXPORTER, payload };
      }
      return;
    }
    chunks.return();
    if (start.length > MAX_DATAGRAM_BYTES) onProblem('trailing-bytes');
    yield { timeMs: 0, exporter: UNKNOWN_EXPORTER, payload: start.subarray(0, MAX_DATAGRAM_BYTES) };
    return;
  }
  for (const datagram of readDatagrams(startingWith(start, chunks), captureProblems)) {
    const { timeMs, source, destinationPort, payload, cutShort } = datagram;
    if (isFlowDatagram(payload, destinationPort, cutShort)) yield { timeMs, exporter: source, payload };
    else onProblem('not-netflow');
  }
}

const whyNoCapture = (start: Uint8Array): string =>
  start.length === 0 ? 'empty' : 'neither pcap nor pcapng';

const versionOf = (payload: Uint8Array): number => ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);

/** Each message says its length. What is no message ends the reading, and is given as it is. */
function* readMessages(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let held = new Uint8Array();
  for (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    let at = 0;
    while (held.length - at >= IPFIX_HEADER_BYTES) {
      const lengthBytes = ((held[at + 2] ?? 0) << 8) | (held[at + 3] ?? 0);
      if (versionOf(held.subarray(at)) !== 10 || lengthBytes < IPFIX_HEADER_BYTES) {
        yield held.subarray(at, at + MAX_DATAGRAM_BYTES);
        return;
      }
      if (held.length - at < lengthBytes) break;
      yield held.subarray(at, at + lengthBytes);
      at += lengthBytes;
    }
    held = held.subarray(at);
  }
  if (held.length > 0) yield held;
}

function* startingWith(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  yield first;
  yield* rest;
}

/** Chunks that are full, except for the last; a pipe gives less at a time. */
function* readChunks(file: string, onRead: (bytes: number) => void): Generator<Uint8Array, void, void> {
  const descriptor = file === STANDARD_INPUT ? 0 : attempt(file, () => openSync(file, 'r'));
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let held = CHUNK_BYTES; held === CHUNK_BYTES;) {
      held = attempt(file, () => fill(descriptor, buffer));
      onRead(held);
      if (held > 0) yield buffer.slice(0, held);
    }
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
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
