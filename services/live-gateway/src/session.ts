import {
  clientMessageSchema,
  type ClientMessage,
  type CloseCode,
  liveLimits,
  type ServerMessage,
} from '@fairlead/live-protocol';
import type { Grant } from './access/grant.ts';
import type { Channel } from './channel.ts';
import { type Cohort, type CohortMember, type Follow, type FrameSink, HIGH_WATER_BYTES } from './cohort.ts';
import type { Cohorts } from './cohorts.ts';
import type { GatewayMetrics } from './metrics.ts';
import { encodeMessage } from './shared-frame.ts';

/** With so much sent in answer to its subscriptions since the last tick a client has to wait for the next one. */
const MOST_ANSWER_BYTES = 8 * 1024 * 1024;
/** What a message counts at least; a small one takes time, too. */
const LEAST_MESSAGE_BYTES = 1024;
/** What a client lacks is sent in pieces of this size. */
const PIECE_BYTES = 64 * 1024;
/** A client that fell behind gets nothing new until fewer bytes than these are waiting. */
const LOW_WATER_BYTES = 16 * 1024;
/** A client is let go with this many bytes waiting, */
const MOST_WAITING_BYTES = 2 * 1024 * 1024;
/** or when it did not catch up for so long. Reading a little does not start the time again. */
const MOST_LAG_MS = 15_000;
const HELLO_DEADLINE_MS = 5_000;

type ErrorCode = Extract<ServerMessage, { type: 'error' }>['code'];

/** What a session needs of its socket. */
export interface ClientSocket {
  readonly sink: FrameSink;
  close(code: CloseCode, reason: string): void;
}

/** A channel as one client may see it. */
export interface OpenChannel {
  readonly channel: Channel;
  /** What its sequence numbers belong to. */
  readonly epoch: string;
}

/** What a session needs of the gateway. */
export interface SessionHub {
  readonly cohorts: Cohorts;
  readonly metrics: GatewayMetrics;
  /** Sessions that are behind; each puts itself in and takes itself out. */
  readonly laggards: Set<Session>;
  /** What a token allows; why not, where it allows nothing. */
  admit(token: string | undefined): Grant | string;
  /** Whether what was granted still holds. */
  holds(grant: Grant): boolean;
  openChannel(name: string, grant: Grant): OpenChannel | 'unknown-channel' | 'forbidden';
  /** Makes all channels current, for all clients. */
  flush(): void;
  welcome(grant: Grant): Extract<ServerMessage, { type: 'welcome' }>;
  nowMs(): number;
  monotonicMs(): number;
}

/** One client: what it may see, what it asked for and how far it is. */
export class Session implements CohortMember {
  readonly sink: FrameSink;
  readonly #socket: ClientSocket;
  readonly #hub: SessionHub;
  readonly #openedAtMs: number;
  readonly #follows: Follow[] = [];
  /** Subscriptions whose snapshot is still to be sent: it waits until the client has read. */
  readonly #awaiting = new Set<Follow>();
  #grant: Grant | undefined;
  #isClosed = false;
  #received = 0;
  #answerBytes = 0;
  #laggingSinceMs: number | undefined;
  #cohort: Cohort | undefined;

  constructor(socket: ClientSocket, hub: SessionHub) {
    this.sink = socket.sink;
    this.#socket = socket;
    this.#hub = hub;
    this.#openedAtMs = hub.monotonicMs();
  }

  /** Whether there is more for the client than it has read. */
  get isLagging(): boolean {
    return this.#laggingSinceMs !== undefined;
  }

  /** A text message, or undefined for a binary one. */
  receive(text: string | undefined): void {
    if (this.#isClosed) return;
    this.#received += 1;
    if (this.#received > liveLimits.messagesPerTick) {
      this.close(4429, 'too many messages');
      return;
    }
    const message = text === undefined ? undefined : parseMessage(text);
    if (message) {
      this.#act(message);
      return;
    }
    this.#refuse('bad-message', 'expected JSON text of type hello, sub or unsub');
    this.close(4400, 'bad message');
  }

  /** Sends what is new to a client that is behind, as far as it reads. */
  pump(): void {
    if (this.#isClosed || this.#cohort) return;
    if (this.isLagging && this.sink.writableLength > LOW_WATER_BYTES) return;
    let isCurrent = true;
    for (const follow of this.#follows) isCurrent = this.#catchUp(follow) && isCurrent;
    if (isCurrent) {
      this.#keepUp();
      this.#join();
    } else {
      this.#lag();
    }
  }

  fallBehind(seqs: readonly number[]): void {
    this.#cohort = undefined;
    this.#takePlaces(seqs);
    this.#lag();
  }

  /** A sign of life, where the cohort sends none; begins a new period for the limit of messages. */
  tick(frame: Buffer): void {
    this.#received = 0;
    this.#answerBytes = 0;
    if (this.#cohort || !this.#grant || this.#isClosed) return;
    if (this.sink.writableLength <= HIGH_WATER_BYTES) this.#send('tick', frame);
  }

  /** Sends snapshots of the channels of state: a key is gone, which no delta says. */
  resync(): void {
    if (this.#isClosed) return;
    this.#leave();
    for (const follow of this.#follows) {
      if (follow.channel.kind !== 'delta') continue;
      this.#say({ type: 'resync', id: follow.id, reason: 'gap' });
      this.#awaiting.add(follow);
    }
    this.pump();
  }

  /** Closes what has overrun a deadline. */
  checkDeadlines(): void {
    const nowMs = this.#hub.monotonicMs();
    if (!this.#grant && nowMs - this.#openedAtMs > HELLO_DEADLINE_MS) this.close(4408, 'no hello');
    const lagMs = this.#laggingSinceMs === undefined ? 0 : nowMs - this.#laggingSinceMs;
    if (lagMs > MOST_LAG_MS || this.sink.writableLength > MOST_WAITING_BYTES) this.close(4008, 'slow');
  }

  /** Closes a client whose token is no longer good. */
  checkGrant(): void {
    if (this.#grant && !this.#hub.holds(this.#grant)) this.close(4401, 'the token is no longer good');
  }

  close(code: CloseCode, reason: string): void {
    if (this.#isClosed) return;
    this.ended();
    this.#socket.close(code, reason);
  }

  /** The socket is closed: nothing more is sent. */
  ended(): void {
    this.#leave();
    this.#isClosed = true;
    this.#follows.length = 0;
    this.#awaiting.clear();
    this.#keepUp();
  }

  #act(message: ClientMessage): void {
    if (message.type === 'hello') this.#greet(message.token);
    else if (!this.#grant) this.close(4401, 'hello comes first');
    else if (message.type === 'sub') this.#subscribe(message, this.#grant);
    else this.#unsubscribe(message.id);
  }

  #greet(token: string | undefined): void {
    if (this.#grant) {
      this.close(4400, 'hello comes once');
      return;
    }
    const grant = this.#hub.admit(token);
    if (typeof grant === 'string') {
      this.#hub.metrics.refused('token');
      this.#refuse('unauthorised', grant);
      this.close(4401, grant);
      return;
    }
    this.#grant = grant;
    this.#say(this.#hub.welcome(grant));
  }

  #subscribe({ id, ch, since, history = 0 }: Extract<ClientMessage, { type: 'sub' }>, grant: Grant): void {
    if (this.#follows.some((follow) => follow.id === id)) {
      this.#refuse('id-in-use', 'another subscription has this id', id);
      return;
    }
    if (this.#follows.length >= liveLimits.subscriptions) {
      this.#refuse('too-many', `at most ${liveLimits.subscriptions} subscriptions`, id);
      return;
    }
    if (this.#answerBytes > MOST_ANSWER_BYTES) {
      this.#refuse('too-many', 'enough was sent for now; ask again after a tick', id, true);
      return;
    }
    const open = this.#hub.openChannel(ch, grant);
    if (typeof open === 'string') {
      this.#refuse(open, open === 'forbidden' ? 'not with this token' : 'no such channel', id);
      return;
    }
    this.#hub.flush();
    this.#leave();
    const { channel, epoch } = open;
    const follow = { id, channel, history, seq: since?.seq ?? 0 };
    this.#follows.push(follow);
    if (since?.epoch === epoch && channel.resumable(since.seq)) {
      this.#say({ type: 'resumed', id, epoch, seq: since.seq });
    } else {
      if (since) this.#say({ type: 'resync', id, reason: since.epoch === epoch ? 'gap' : 'epoch' });
      this.#awaiting.add(follow);
    }
    this.pump();
  }

  #unsubscribe(id: number): void {
    this.#leave();
    const at = this.#follows.findIndex((follow) => follow.id === id);
    for (const follow of at === -1 ? [] : this.#follows.splice(at, 1)) this.#awaiting.delete(follow);
    this.pump();
  }

  /** Sends one subscription all that it lacks; false when the client must read first. */
  #catchUp(follow: Follow): boolean {
    if (this.#awaiting.has(follow)) {
      if (this.sink.writableLength > HIGH_WATER_BYTES) return false;
      this.#sendSnapshot(follow);
    }
    while (follow.seq !== follow.channel.seq) {
      if (this.sink.writableLength > HIGH_WATER_BYTES) return false;
      const piece = this.#gather(follow);
      if (piece.length > 0) this.sink.write(piece.length === 1 && piece[0] ? piece[0] : Buffer.concat(piece));
      else if (follow.seq !== follow.channel.seq) {
        this.#say({ type: 'resync', id: follow.id, reason: 'slow' });
        this.#sendSnapshot(follow, 0);
      }
    }
    return true;
  }

  /** Takes the next steps of a subscription, as many as make a piece; none where what came next is no longer kept. */
  #gather(follow: Follow): Buffer[] {
    const { channel, id } = follow;
    const piece: Buffer[] = [];
    for (let bytes = 0; bytes < PIECE_BYTES && follow.seq !== channel.seq;) {
      const step = channel.next(follow.seq, id, this.#hub.nowMs());
      if (step === undefined || step === 'lost') break;
      piece.push(step.frame);
      bytes += step.frame.length;
      follow.seq = step.seq;
      this.#answerBytes += Math.max(LEAST_MESSAGE_BYTES, step.frame.length);
      if (step.conflated > 0) this.#hub.metrics.conflated(step.conflated);
    }
    this.#hub.metrics.sent(channel.kind, piece.length);
    return piece;
  }

  #lag(): void {
    this.#laggingSinceMs ??= this.#hub.monotonicMs();
    this.#hub.laggards.add(this);
  }

  #keepUp(): void {
    this.#laggingSinceMs = undefined;
    this.#hub.laggards.delete(this);
  }

  #join(): void {
    if (this.#follows.length > 0) this.#cohort = this.#hub.cohorts.join(this, this.#follows);
  }

  #leave(): void {
    const cohort = this.#cohort;
    if (!cohort) return;
    const seqs = cohort.remove(this);
    // Finishing the pass may have left it behind already.
    if (this.#cohort) this.#takePlaces(seqs);
    this.#cohort = undefined;
  }

  #takePlaces(seqs: readonly number[]): void {
    this.#follows.forEach((follow, index) => {
      follow.seq = seqs[index] ?? follow.seq;
    });
  }

  #sendSnapshot(follow: Follow, historySeconds = follow.history): void {
    const { frame, seq } = follow.channel.snapshot(follow.id, { nowMs: this.#hub.nowMs(), historySeconds });
    this.#awaiting.delete(follow);
    this.#answerBytes += Math.max(LEAST_MESSAGE_BYTES, frame.length);
    this.#send('snap', frame);
    follow.seq = seq;
  }

  #refuse(code: ErrorCode, message: string, id?: number, retryable = false): void {
    this.#say({ type: 'error', ...(id === undefined ? {} : { id }), code, message, retryable });
  }

  #say(message: ServerMessage): void {
    if (!this.#isClosed) this.#send(message.type, encodeMessage(message));
  }

  #send(type: ServerMessage['type'], frame: Buffer): void {
    this.sink.write(frame);
    this.#hub.metrics.sent(type);
  }
}

function parseMessage(text: string): ClientMessage | undefined {
  try {
    const result = clientMessageSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
