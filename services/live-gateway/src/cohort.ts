import type { Channel } from './channel.ts';
import type { GatewayMetrics } from './metrics.ts';
import { encodeMessage } from './shared-frame.ts';

/** Above this many bytes waiting in a socket it gets nothing new. */
export const HIGH_WATER_BYTES = 256 * 1024;
/** So many sockets are written to before other work of the process has its turn. */
const SLICE = 1_000;

/** What frames are written to: `net.Socket` as it is, because a wrapper would cost a call for each message. */
export interface FrameSink {
  /** Bytes that the kernel has not taken yet. */
  readonly writableLength: number;
  write(frame: Buffer): unknown;
}

/** A channel that somebody follows, and how far that is. */
export interface Follow {
  readonly id: number;
  readonly channel: Channel;
  /** Seconds of history that a snapshot should have. */
  readonly history: number;
  seq: number;
}

/** A place in the subscriptions of a cohort. */
type FollowedChannel = Omit<Follow, 'seq'>;

export interface CohortMember {
  readonly sink: FrameSink;
  /** Left out of a pass because too much is waiting: from now on it is brought on by itself. */
  fallBehind(seqs: readonly number[]): void;
}

/**
 * Clients that follow the same channels under the same ids and have all that there is: nearly all of them, nearly
 * always. What is new for one is new for all, so it is put together once, however many messages it is, and each socket
 * gets it by one write. A pass over many sockets lets other work in between; before anything else happens to the cohort
 * the pass is finished.
 */
export class Cohort {
  readonly #follows: readonly FollowedChannel[];
  readonly #metrics: GatewayMetrics;
  readonly #members: CohortMember[] = [];
  readonly #places = new Map<CohortMember, number>();
  #seqs: number[];
  /** What the pass that is under way brings. */
  #bytes: Buffer | undefined;
  #seqsBefore: number[] = [];
  #at = 0;
  #late: CohortMember[] = [];
  /** Messages of the pass, by type. */
  #counts = new Map<string, number>();
  #next: NodeJS.Immediate | undefined;
  /** Nothing was sent since the last sign of life. */
  #isSilent = true;

  constructor(follows: readonly Follow[], metrics: GatewayMetrics) {
    this.#follows = follows.map(({ id, channel, history }) => ({ id, channel, history }));
    this.#seqs = follows.map(({ seq }) => seq);
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#members.length;
  }

  /** The member must stand where the cohort stands. */
  add(member: CohortMember): void {
    this.finish();
    this.#places.set(member, this.#members.length);
    this.#members.push(member);
  }

  /** @returns where the member stands, in the order of its subscriptions */
  remove(member: CohortMember): readonly number[] {
    this.finish();
    const place = this.#places.get(member);
    if (place === undefined) return this.#seqs;
    this.#places.delete(member);
    const last = this.#members.pop();
    if (last && last !== member) {
      this.#members[place] = last;
      this.#places.set(last, place);
    }
    return this.#seqs;
  }

  /** Sends what is new to all. */
  advance(nowMs: number): void {
    this.finish();
    const seqsBefore = [...this.#seqs];
    const frames: Buffer[] = [];
    this.#follows.forEach((follow, index) => this.#gather(follow, index, frames, nowMs));
    if (frames.length === 0) return;
    this.#bytes = frames.length === 1 ? frames[0] : Buffer.concat(frames);
    this.#seqsBefore = seqsBefore;
    this.#at = 0;
    this.#isSilent = false;
    this.#continue();
  }

  /** Brings the pass that is under way to its end. */
  finish(): void {
    while (this.#bytes) {
      clearImmediate(this.#next);
      this.#continue();
    }
  }

  /** A sign of life, for those who had none by another message since the last one. */
  tick(frame: Buffer): void {
    this.finish();
    if (this.#isSilent) {
      for (const { sink } of this.#members) if (sink.writableLength <= HIGH_WATER_BYTES) sink.write(frame);
      this.#metrics.sent('tick', this.#members.length);
    }
    this.#isSilent = true;
  }

  #gather({ id, channel, history }: FollowedChannel, index: number, frames: Buffer[], nowMs: number): void {
    let seq = this.#seqs[index] ?? 0;
    while (seq !== channel.seq) {
      const step = channel.next(seq, id, nowMs);
      if (step === undefined) break;
      if (step === 'lost') {
        frames.push(encodeMessage({ type: 'resync', id, reason: 'gap' }));
        const snapshot = channel.snapshot(id, { nowMs, historySeconds: history });
        frames.push(snapshot.frame);
        this.#count('resync');
        this.#count('snap');
        seq = snapshot.seq;
        continue;
      }
      frames.push(step.frame);
      this.#count(channel.kind);
      seq = step.seq;
    }
    this.#seqs[index] = seq;
  }

  #count(type: string): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  #continue(): void {
    const bytes = this.#bytes;
    if (!bytes) return;
    const end = Math.min(this.#at + SLICE, this.#members.length);
    for (let at = this.#at; at < end; at += 1) {
      const member = this.#members[at];
      if (!member) break;
      const { sink } = member;
      if (sink.writableLength > HIGH_WATER_BYTES) this.#late.push(member);
      else sink.write(bytes);
    }
    this.#at = end;
    if (end < this.#members.length) {
      this.#next = setImmediate(() => this.#continue());
      return;
    }
    this.#bytes = undefined;
    const late = this.#late;
    this.#late = [];
    const reached = this.#members.length - late.length;
    for (const [type, count] of this.#counts) this.#metrics.sent(type, count * reached);
    this.#counts.clear();
    for (const member of late) {
      this.remove(member);
      member.fallBehind(this.#seqsBefore);
    }
  }
}
