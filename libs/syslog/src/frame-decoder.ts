/** Why bytes of a stream did not become a message. */
export type FrameDropReason = 'too-long';

export interface FrameDecoderOptions {
  /** A longer message is dropped and counted. It is also the bound of what is held. */
  readonly maxMessageBytes: number;
  /**
   * Also split where RouterOS begins a message with no delimiter after the one before: at `<PRI>` with a time or an RFC
   * 5424 version behind it. Only as long as the connection has not shown a delimiter first: what text says in a
   * delimited stream begins no message.
   */
  readonly splitAtPri: boolean;
}

/** Bytes of one connection in, messages out; it does not matter how the bytes are cut into chunks. */
export interface FrameDecoder {
  /** Messages that `chunk` completes. They may share memory with it. */
  push(chunk: Uint8Array): Uint8Array[];
  /**
   * A message that nothing has ended, where the end may well be the sender's silence: RouterOS puts no delimiter behind
   * its last one. Nothing, where the stream has shown delimiters or is within a counted message.
   */
  flush(): Uint8Array[];
  /** What is left when the connection ends: a message without its end is given as it is. */
  end(): Uint8Array[];
  /** A message has begun and has not ended. */
  readonly isWithinMessage: boolean;
  /** Messages dropped, by reason. */
  readonly dropped: Readonly<Record<FrameDropReason, number>>;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const LESS_THAN = 0x3c;
/** RFC 6587 sets no limit to MSG-LEN; more digits than these are text. */
const MAX_COUNT_DIGITS = 9;
/** `<191>` and eight characters of a time. */
const MAX_START_BYTES = 13;

type Framing = 'unknown' | 'delimited' | 'undelimited';
type Skip = 'none' | 'counted' | 'to-end';

/**
 * Takes a TCP or TLS stream apart (RFC 6587). Each frame is looked at by itself: `MSG-LEN SP <` is octet counting (RFC
 * 6587 section 3.4.1, RFC 5425), anything else ends with a line feed or a zero (section 3.4.2), or, if so
 * asked, where RouterOS begins the next one. Empty messages are no messages.
 */
export function createFrameDecoder({ maxMessageBytes, splitAtPri }: FrameDecoderOptions): FrameDecoder {
  const dropped: Record<FrameDropReason, number> = { 'too-long': 0 };
  /** With the carriage return of a line end. */
  const longestBytes = maxMessageBytes + 1;
  let held: Uint8Array = new Uint8Array(0);
  let framing: Framing = splitAtPri ? 'unknown' : 'delimited';
  let skip: Skip = 'none';
  /** Bytes of a counted frame that are still to be skipped. */
  let skipBytes = 0;
  /** Bytes of the frame at the start of `held` that are known not to end it. */
  let scanned = 0;

  /** Takes what can be taken from `data` and holds the rest. */
  function take(data: Uint8Array, isLast: boolean): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let start = 0;
    const emit = (end: number): void => {
      const message = trimmed(data, start, end);
      if (end - start > longestBytes || message.length > maxMessageBytes) dropped['too-long'] += 1;
      else if (message.length > 0) messages.push(message);
    };

    while (start < data.length) {
      if (skip === 'counted') {
        const here = Math.min(skipBytes, data.length - start);
        start += here;
        skipBytes -= here;
        if (skipBytes === 0) skip = 'none';
        continue;
      }
      if (skip === 'none' && scanned === 0) {
        const byte = data[start];
        if (byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === 0) {
          start += 1;
          continue;
        }
        const count = readCount(data, start);
        if (count === 'more' && !isLast) break;
        if (typeof count === 'object') {
          if (count.bytes > maxMessageBytes) {
            dropped['too-long'] += 1;
            skip = 'counted';
            skipBytes = count.bytes;
            start = count.at;
            continue;
          }
          if (count.at + count.bytes > data.length && !isLast) break;
          start = count.at;
          const end = Math.min(count.at + count.bytes, data.length);
          emit(end);
          start = end;
          continue;
        }
      }

      let at = start + scanned;
      let found: 'delimiter' | 'start' | 'undecided' | undefined;
      for (; at < data.length; at += 1) {
        const byte = data[at];
        if (byte === LINE_FEED || byte === 0) {
          found = 'delimiter';
          break;
        }
        if (byte === LESS_THAN && framing !== 'delimited' && (at > start || skip === 'to-end')) {
          const answer = isStart(data, at);
          if (answer === 'no' || (answer === 'more' && isLast)) continue;
          found = answer === 'yes' ? 'start' : 'undecided';
          break;
        }
      }
      if (found === 'delimiter' || found === 'start') {
        if (skip === 'none') emit(at);
        skip = 'none';
        if (framing === 'unknown') framing = found === 'delimiter' ? 'delimited' : 'undelimited';
        start = found === 'delimiter' ? at + 1 : at;
        scanned = 0;
        continue;
      }
      scanned = at - start;
      if (skip === 'to-end') {
        start = at;
        scanned = 0;
      } else if (scanned > longestBytes) {
        dropped['too-long'] += 1;
        skip = 'to-end';
        start = at;
        scanned = 0;
      } else if (isLast) {
        emit(data.length);
        start = data.length;
        scanned = 0;
      }
      break;
    }
    held = data.slice(start);
    return messages;
  }

  return {
    push: (chunk) => take(held.length === 0 ? chunk : joined(held, chunk), false),
    flush: () =>
      framing === 'delimited' || skip !== 'none' || readCount(held, 0) !== 'no' ? [] : take(held, true),
    end: () => take(held, true),
    get isWithinMessage() {
      return held.length > 0 || skip !== 'none';
    },
    dropped,
  };
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

function trimmed(data: Uint8Array, start: number, end: number): Uint8Array {
  let last = end;
  while (last > start && [LINE_FEED, CARRIAGE_RETURN, 0].includes(data[last - 1] ?? 0)) last -= 1;
  return data.subarray(start, last);
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** MSG-LEN, which does not begin with 0, and where its message begins. */
function readCount(
  data: Uint8Array,
  start: number,
): { readonly bytes: number; readonly at: number } | 'no' | 'more' {
  let at = start;
  let bytes = 0;
  while (at < data.length && isDigit(data[at]) && at - start <= MAX_COUNT_DIGITS) {
    bytes = bytes * 10 + (data[at] ?? 0) - 0x30;
    at += 1;
  }
  if (at - start > MAX_COUNT_DIGITS || (at > start && data[start] === 0x30)) return 'no';
  if (at === data.length) return 'more';
  if (at === start || data[at] !== SPACE) return 'no';
  if (at + 1 === data.length) return 'more';
  return data[at + 1] === LESS_THAN ? { bytes, at: at + 1 } : 'no';
}

const ascii = new TextDecoder('latin1');
const messageStart = /^<\d{1,3}>(?:1 (?:-|\d)|[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-)/;
const messageStartSoFar =
  /^<(?:$|\d{1,3}(?:$|>(?:$|1 ?$|[A-Z][a-z]{0,2}$|[A-Z][a-z]{2} [ \d]?\d?$|\d{1,4}$|\d{4}-\d{0,2}$)))/;

/** Whether a message begins at a `<`; `more` when the bytes that would tell are not there yet. */
function isStart(data: Uint8Array, at: number): 'yes' | 'no' | 'more' {
  const next = data[at + 1];
  if (next !== undefined && !isDigit(next)) return 'no';
  const text = ascii.decode(data.subarray(at, at + MAX_START_BYTES));
  if (messageStart.test(text)) return 'yes';
  return messageStartSoFar.test(text) ? 'more' : 'no';
}
