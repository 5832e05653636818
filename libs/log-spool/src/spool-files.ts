import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './spool-state.ts';

const SEGMENT = /^(\d{12})\.spool$/;
const POSITION = 'position';
const POSITION_TEXT = /^(\d{12}) (\d{12})\n$/;
const END = 'end';
const END_TEXT = /^(\d{12}) (\d{12}) (\d{12})\n$/;
const digits = (number: number): string => String(number).padStart(12, '0');

/** How much of the last segment was acknowledged. */
export interface SpoolEnd {
  readonly segment: number;
  readonly bytes: number;
  readonly records: number;
}

/** The files of a spool: segments that are written at their end, and two notes: what was delivered, what acknowledged. */
export interface SpoolFiles {
  /** Ids of the segments that are there, from the oldest on. */
  segments(): Promise<number[]>;
  /** Up to where all was delivered; undefined when that was never written, or not to its end. */
  position(): Promise<Place | undefined>;
  savePosition(place: Place): Promise<void>;
  /** What was noted as acknowledged; undefined when that was never written, or not to its end. */
  end(): Promise<SpoolEnd | undefined>;
  saveEnd(end: SpoolEnd): Promise<void>;
  /** Everything from an offset on, or `bytes` of it. */
  read(place: Place, bytes?: number): Promise<Buffer>;
  /** Puts bytes at a place. What an attempt that failed has left there is written over, or cut off. */
  write(place: Place, bytes: Buffer): Promise<void>;
  cut(place: Place): Promise<void>;
  remove(segment: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a directory, and creates it when it is missing. */
export async function openSpoolFiles(directory: string): Promise<SpoolFiles> {
  await mkdir(directory, { recursive: true });
  const pathOf = (segment: number): string => join(directory, `${digits(segment)}.spool`);
  const positionFile = join(directory, POSITION);
  const endFile = join(directory, END);
  let position: FileHandle | undefined;
  let end: FileHandle | undefined;
  let writing: { readonly segment: number; readonly handle: FileHandle } | undefined;
  let reading: { readonly segment: number; readonly handle: FileHandle } | undefined;

  const writeHandle = async (segment: number): Promise<FileHandle> => {
    if (writing?.segment === segment) return writing.handle;
    await writing?.handle.close();
    writing = undefined;
    const handle = await openForWriting(pathOf(segment));
    writing = { segment, handle };
    return handle;
  };
  const readHandle = async (segment: number): Promise<FileHandle> => {
    if (reading?.segment === segment) return reading.handle;
    await reading?.handle.close();
    reading = undefined;
    const handle = await open(pathOf(segment), 'r');
    reading = { segment, handle };
    return handle;
  };

  return {
    async segments() {
      const names = await readdir(directory);
      return names
        .map((name) => Number(SEGMENT.exec(name)?.[1]))
        .filter((id) => Number.isInteger(id))
        .sort((a, b) => a - b);
    },
    async position() {
      const text = await readFile(positionFile, 'utf8').catch(() => '');
      const [, segment, offset] = POSITION_TEXT.exec(text) ?? [];
      return segment === undefined ? undefined : { segment: Number(segment), offset: Number(offset) };
    },
    async savePosition({ segment, offset }) {
      position ??= await openForWriting(positionFile);
      // As long as the text before it, and one call: a kill leaves the one or the other.
      await position.write(`${digits(segment)} ${digits(offset)}\n`, 0);
    },
    async end() {
      const text = await readFile(endFile, 'utf8').catch(() => '');
      const found = END_TEXT.exec(text);
      if (!found) return undefined;
      const [segment = 0, bytes = 0, records = 0] = found.slice(1).map(Number);
      return { segment, bytes, records };
    },
    async saveEnd({ segment, bytes, records }) {
      end ??= await openForWriting(endFile);
      await end.write(`${digits(segment)} ${digits(bytes)} ${digits(records)}\n`, 0);
    },
    async read({ segment, offset }, bytes) {
      const handle = await readHandle(segment);
      const wanted = bytes ?? (await handle.stat()).size - offset;
      const buffer = Buffer.allocUnsafe(Math.max(0, wanted));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    },
    async write({ segment, offset }, bytes) {
      const handle = await writeHandle(segment);
      try {
        for (let at = 0; at < bytes.length;) {
          at += (await handle.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
        }
      } catch (error) {
        await handle.truncate(offset).catch(() => undefined);
        throw error;
      }
    },
    async cut({ segment, offset }) {
      await (await writeHandle(segment)).truncate(offset);
    },
    async remove(segment) {
      if (writing?.segment === segment) {
        await writing.handle.close();
        writing = undefined;
      }
      if (reading?.segment === segment) {
        await reading.handle.close();
        reading = undefined;
      }
      await rm(pathOf(segment), { force: true });
    },
    async close() {
      await writing?.handle.close();
      await reading?.handle.close();
      await position?.close();
      await end?.close();
      writing = undefined;
      reading = undefined;
      position = undefined;
      end = undefined;
    },
  };
}

/** Opens a file for writing at any place of it; creates it, and never empties it. */
const openForWriting = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
