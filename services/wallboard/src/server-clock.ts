/** The clock of the server, carried on by a clock here that nobody sets: the time of a TV is often wrong. */
export interface ServerClock {
  /** The server said what time it is. */
  observe(serverNowMs: number): void;
  nowMs(): number;
}

export function createServerClock(monotonicMs = () => performance.now()): ServerClock {
  let offsetMs = Date.now() - monotonicMs();
  return {
    observe(serverNowMs) {
      offsetMs = serverNowMs - monotonicMs();
    },
    nowMs: () => offsetMs + monotonicMs(),
  };
}
