import type { ChdbResult, Session } from 'chdb';
import { type QueryParameters, StoreError } from './port.ts';

/** Succeeds and puts out nothing. */
const RINSE = 'SELECT 1 FORMAT Null';

/** Sessions of one engine; a session answers one statement at a time. */
export interface SessionPool {
  /** @throws StoreError, retriable, when too many statements wait already */
  run(statement: string, format?: string, parameters?: QueryParameters): Promise<ChdbResult>;
  /** Refuses statements that are new or wait, lets those under way end and closes the sessions. */
  close(): Promise<void>;
}

/** Gives each statement to a free session; at most `maxWaiting` statements wait for one. */
export function createSessionPool(sessions: readonly Session[], maxWaiting: number): SessionPool {
  const free = [...sessions];
  const waiting: { resolve(session: Session): void; reject(error: StoreError): void }[] = [];
  const soiled = new Set<Session>();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const take = async (): Promise<Session> => {
    const session = free.pop();
    if (session) return session;
    if (waiting.length >= maxWaiting) {
      throw new StoreError('too many statements wait for the store', { code: 202, retriable: true });
    }
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  const release = (session: Session): void => {
    const next = waiting.shift();
    if (next) next.resolve(session);
    else free.push(session);
  };
  const answer = async (
    statement: string,
    format: string,
    parameters: QueryParameters | undefined,
  ): Promise<ChdbResult> => {
    const session = await take();
    try {
      // chDB 3.4.0 keeps what a failed statement had put out and gives it at the head of the next answer.
      if (soiled.has(session)) await session.queryAsync(RINSE);
      soiled.add(session);
      const result = await (parameters
        ? session.queryBindAsync(statement, parameters, { format })
        : session.queryAsync(statement, { format }));
      soiled.delete(session);
      return result;
    } finally {
      release(session);
    }
  };

  return {
    async run(statement, format = 'TabSeparated', parameters) {
      if (closed) throw closedError();
      const result = answer(statement, format, parameters);
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(closedError());
      await Promise.allSettled(running);
      for (const session of sessions) session.close();
    },
  };
}

const closedError = (): StoreError => new StoreError('the store is closed', { retriable: true });
