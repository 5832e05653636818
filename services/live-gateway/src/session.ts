import {
  clientMessageSchema,
  type ClientMessage,
  type CloseCode,
  liveLimits,
  type ServerMessage,
} from '@fairlead/live-protocol';
import type { Channel } from './channel.ts';
import type { GatewayMetrics } from './metrics.ts';
import { encodeMessage } from './shared-frame.ts';

/** Above this many bytes waiting in the socket a client gets nothing new ... */
const HIGH_WATER_BYTES = 256 * 1024;
/** ... until there are fewer than these. */
const LOW_WATER_BYTES = 16 * 1024;
/** A client is let go with this many bytes waiting, */
const MOST_WAITING_BYTES = 2 * 1024 * 1024;
/** or when it did not catch up for so long. Reading a little does not start the time again. */
const MOST_LAG_MS = 15_000;
const HELLO_DEADLINE_MS = 5_000;

/** What a session needs of its socket. */
export interface ClientSocket {
  readonly bufferedAmount: number;
  /** Sends a whole frame of RFC 6455. */
  send(frame: Buffer): void;
  close(code: CloseCode, reason: string): void;
}

/** What a session needs of the gateway. */
export interface SessionHub {
  readonly epoch: string;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly metrics: GatewayMetrics;
  /** Makes all channels current, for all clients. */
  flush(): void;
  welcome(): Extract<ServerMessage, { type: 'welcome' }>;
  nowMs(): number;
  monotonicMs(): number;
}

/** One client: what it asked for and how far it is. */
export interface Session {
  /** A text message, or undefined for a binary one. */
  receive(text: string | undefined): void;
  /** Sends what is new, as far as the client reads. */
  pump(): void;
  /** Sends the sign of life, and begins a new period for the limit of messages. */
  tick(frame: Buffer): void;
  /** Sends snapshots of channels that deltas do not lead on from. */
  resync(channels: readonly Channel[]): void;
  /** Closes what has overrun a deadline. */
  checkDeadlines(): void;
  /** Whether there is more for the client than it has read. */
  readonly lagging: boolean;
}

interface Subscription {
  readonly id: number;
  readonly channel: Channel;
  /** Seconds of history that it asked for. */
  readonly history: number;
  seq: number;
}

export function createSession(socket: ClientSocket, hub: SessionHub): Session {
  const subscriptions = new Map<number, Subscription>();
  const openedAtMs = hub.monotonicMs();
  let greeted = false;
  let closed = false;
  let received = 0;
  let laggingSinceMs: number | undefined;

  const send = (type: ServerMessage['type'], frame: Buffer): void => {
    socket.send(frame);
    hub.metrics.sent(type);
  };
  const say = (message: ServerMessage): void => {
    if (!closed) send(message.type, encodeMessage(message));
  };
  const close = (code: CloseCode, reason: string): void => {
    if (closed) return;
    closed = true;
    subscriptions.clear();
    laggingSinceMs = undefined;
    socket.close(code, reason);
  };
  const refuse = (
    code: Extract<ServerMessage, { type: 'error' }>['code'],
    message: string,
    id?: number,
  ): void => say({ type: 'error', ...(id === undefined ? {} : { id }), code, message, retryable: false });

  const sendSnapshot = (subscription: Subscription, historySeconds = subscription.history): void => {
    const { id, channel } = subscription;
    send('snap', channel.snapshot(id, { nowMs: hub.nowMs(), historySeconds }));
    subscription.seq = subscription.channel.seq;
  };

  const subscribe = ({ id, ch, since, history = 0 }: Extract<ClientMessage, { type: 'sub' }>): void => {
    const channel = hub.channels.get(ch);
    if (!channel) {
      refuse('unknown-channel', `no such channel; there are ${[...hub.channels.keys()].join(', ')}`, id);
      return;
    }
    if (subscriptions.has(id)) {
      refuse('id-in-use', 'another subscription has this id', id);
      return;
    }
    if (subscriptions.size >= liveLimits.subscriptions) {
      refuse('too-many', `at most ${liveLimits.subscriptions} subscriptions`, id);
      return;
    }
    hub.flush();
    const subscription = { id, channel, history, seq: since?.seq ?? 0 };
    subscriptions.set(id, subscription);
    if (since?.epoch === hub.epoch && channel.resumable(since.seq)) {
      say({ type: 'resumed', id, epoch: hub.epoch, seq: since.seq });
      pump();
      return;
    }
    if (since) say({ type: 'resync', id, reason: since.epoch === hub.epoch ? 'gap' : 'epoch' });
    sendSnapshot(subscription);
  };

  const act = (message: ClientMessage): void => {
    if (message.type === 'hello') {
      if (greeted) {
        close(4400, 'hello comes once');
        return;
      }
      greeted = true;
      say(hub.welcome());
    } else if (!greeted) {
      close(4401, 'hello comes first');
    } else if (message.type === 'sub') {
      subscribe(message);
    } else {
      subscriptions.delete(message.id);
    }
  };

  /** Sends one subscription all that it lacks; false when the client must read first. */
  const catchUp = (subscription: Subscription): boolean => {
    // Most often there is nothing, for most channels of most clients.
    while (subscription.seq !== subscription.channel.seq) {
      const step = subscription.channel.next(subscription.seq, subscription.id, hub.nowMs());
      if (step === undefined) return true;
      if (socket.bufferedAmount > HIGH_WATER_BYTES) return false;
      if (step === 'lost') {
        say({ type: 'resync', id: subscription.id, reason: 'slow' });
        sendSnapshot(subscription, 0);
        continue;
      }
      send(subscription.channel.kind, step.frame);
      if (step.conflated > 0) hub.metrics.conflated(step.conflated);
      subscription.seq = step.seq;
    }
    return true;
  };

  const pump = (): void => {
    if (closed) return;
    if (laggingSinceMs !== undefined && socket.bufferedAmount > LOW_WATER_BYTES) return;
    let current = true;
    for (const subscription of subscriptions.values()) current = catchUp(subscription) && current;
    laggingSinceMs = current ? undefined : (laggingSinceMs ?? hub.monotonicMs());
  };

  return {
    get lagging() {
      return laggingSinceMs !== undefined;
    },
    receive(text) {
      if (closed) return;
      received += 1;
      if (received > liveLimits.messagesPerTick) {
        close(4429, 'too many messages');
        return;
      }
      const message = text === undefined ? undefined : parseMessage(text);
      if (message) {
        act(message);
        return;
      }
      refuse('bad-message', 'expected JSON text of type hello, sub or unsub');
      close(4400, 'bad message');
    },
    pump,
    resync(channels) {
      if (closed) return;
      for (const subscription of subscriptions.values()) {
        if (!channels.includes(subscription.channel)) continue;
        say({ type: 'resync', id: subscription.id, reason: 'gap' });
        sendSnapshot(subscription);
      }
    },
    tick(frame) {
      received = 0;
      if (greeted && !closed && socket.bufferedAmount <= HIGH_WATER_BYTES) send('tick', frame);
    },
    checkDeadlines() {
      if (!greeted && hub.monotonicMs() - openedAtMs > HELLO_DEADLINE_MS) close(4408, 'no hello');
      const lagMs = laggingSinceMs === undefined ? 0 : hub.monotonicMs() - laggingSinceMs;
      if (lagMs > MOST_LAG_MS || socket.bufferedAmount > MOST_WAITING_BYTES) close(4008, 'slow');
    },
  };
}

function parseMessage(text: string): ClientMessage | undefined {
  try {
    const result = clientMessageSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
