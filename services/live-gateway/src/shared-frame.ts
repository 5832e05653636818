import type { ServerMessage } from '@fairlead/live-protocol';

/** Most subscription ids that a frame keeps ready; pages of one build all use the same few. */
const KEPT_IDS = 8;

/** A message without the id that each client has chosen for its subscription. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type SharedMessage = WithoutId<Extract<ServerMessage, { type: 'delta' | 'event' }>>;

/** A message to many clients, put into bytes once and shared by all that use the same subscription id. */
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
      const frame = Buffer.from(`{"id":${id},${rest}`);
      if (frames.size < KEPT_IDS) frames.set(id, frame);
      return frame;
    },
  };
}

/** A message to one client, or one without an id. */
export const encodeMessage = (message: ServerMessage): Buffer => Buffer.from(JSON.stringify(message));
