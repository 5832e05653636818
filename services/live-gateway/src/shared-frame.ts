import type { ServerMessage } from '@fairlead/live-protocol';

/** Most subscription ids that a frame keeps ready; pages of one build all use the same few. */
const KEPT_IDS = 8;

/** A message without the id that each client has chosen for its subscription. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type SharedMessage = WithoutId<Extract<ServerMessage, { type: 'delta' | 'event' | 'snap' }>>;

/** A message to many clients, put into a frame once and shared by all that use the same subscription id. */
export interface SharedFrame {
  withId(id: number): Buffer;
}

export function createSharedFrame(message: SharedMessage): SharedFrame {
  const rest = JSON.stringify(message).slice(1);
  const frames = new Map<number, Buffer>();
  return {
    withId(id) {
      const kept = frames.get(id);
      if (kept) return kept;
      const frame = frameText(`{"id":${id},${rest}`);
      if (frames.size < KEPT_IDS) frames.set(id, frame);
      return frame;
    },
  };
}

/** A message to one client, or one without an id. */
export const encodeMessage = (message: ServerMessage): Buffer => frameText(JSON.stringify(message));

/**
 * Text as one whole frame of a server: FIN, opcode 1, not masked (RFC 6455 section 5.2). Header and payload lie in one
 * buffer, so that sending it to one more client is one write of bytes that are there already.
 */
function frameText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  // Not from the pool of Node.js: the frame of an event, which is kept for long, would keep the 8 KiB around it too.
  const frame = Buffer.allocUnsafeSlow(header + length);
  frame[0] = 0x81;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}
