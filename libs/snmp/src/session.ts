import { isIPv6 } from 'node:net';
import snmp from 'net-snmp';
import { SnmpError } from './errors.ts';
import { compareOids, isUnder, type Oid } from './oid.ts';
import { toVarBind, type VarBind } from './var-bind.ts';

export interface SnmpSessionOptions {
  /** Address or name of the agent. */
  readonly host: string;
  readonly port: number;
  readonly community: string;
  /** Wait for each answer. */
  readonly timeoutMs: number;
  /** Questions after the first one that was not answered. */
  readonly retries: number;
  /** Rows asked for in one GETBULK. Some RouterOS versions cut larger answers short: 10 to 20. */
  readonly maxRepetitions: number;
}

/** An SNMPv2c session (RFC 3416) over one UDP socket. Every call ends within (retries + 1) x timeoutMs and a little. */
export interface SnmpSession {
  /**
   * @returns one binding for each OID, in that order
   * @throws SnmpError
   */
  get(oids: readonly Oid[]): Promise<readonly VarBind[]>;
  /**
   * All values under a column, in order.
   * @throws SnmpError; also when there are more than `maxRows`
   */
  walk(column: Oid, maxRows?: number): Promise<readonly VarBind[]>;
  /** Gives up what is under way and frees the socket. Safe twice. */
  close(): void;
}

/** What a call may take beyond the library's own time limits, which do not cover the resolution of a name. */
const DEADLINE_SLACK_MS = 500;
const MAX_ROWS = 10_000;

export function createSnmpSession(options: SnmpSessionOptions): SnmpSession {
  const session = new GuardedSession(options.host, options.community, {
    version: snmp.Version2c,
    transport: isIPv6(options.host) ? 'udp6' : 'udp4',
    port: options.port,
    timeout: options.timeoutMs,
    retries: options.retries,
  });
  const deadlineMs = options.timeoutMs * (options.retries + 1) + DEADLINE_SLACK_MS;
  let closed = false;

  function ask<T>(send: (done: (error: Error | null, answer?: T) => void) => void): Promise<T> {
    if (closed) return Promise.reject(new SnmpError('closed', 'the session is closed'));
    session.lastMalformed = undefined;
    return new Promise<T>((resolve, reject) => {
      const fail = (error: SnmpError): void => {
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => fail(noAnswer(session.lastMalformed)), deadlineMs);
      send((error, answer) => {
        if (error) fail(toSnmpError(error, session.lastMalformed));
        else if (answer === undefined) fail(new SnmpError('malformed', 'an answer without content'));
        else {
          clearTimeout(timer);
          resolve(answer);
        }
      });
    });
  }

  async function getBulk(after: Oid, repetitions: number): Promise<VarBind[]> {
    const answer = await ask<(snmp.Varbind | snmp.Varbind[])[]>((done) =>
      session.getBulk([after], 0, repetitions, done),
    );
    return answer.flat().map(toVarBind);
  }

  return {
    async get(oids) {
      const answer = await ask<snmp.Varbind[]>((done) => session.get([...oids], done));
      answer.forEach(({ oid }, index) => {
        if (oid !== oids[index]) throw new SnmpError('malformed', `asked for ${oids[index]}, got ${oid}`);
      });
      return answer.map(toVarBind);
    },

    async walk(column, maxRows = MAX_ROWS) {
      const rows: VarBind[] = [];
      let last = column;
      let repetitions = options.maxRepetitions;
      for (;;) {
        let page: VarBind[];
        try {
          page = await getBulk(last, repetitions);
        } catch (error) {
          if (!(error instanceof SnmpError) || error.kind !== 'too-big' || repetitions === 1) throw error;
          repetitions = Math.ceil(repetitions / 2);
          continue;
        }
        for (const row of page) {
          if (row.value === undefined || !isUnder(column, row.oid)) return rows;
          if (compareOids(row.oid, last) <= 0) {
            throw new SnmpError('malformed', `${row.oid} does not follow ${last}: the walk would never end`);
          }
          if (rows.length >= maxRows)
            throw new SnmpError('malformed', `more than ${maxRows} rows in ${column}`);
          rows.push(row);
          last = row.oid;
        }
        if (page.length === 0) return rows;
      }
    },

    close() {
      if (closed) return;
      closed = true;
      session.close();
    },
  };
}

/**
 * net-snmp reads answers in the socket's callback, where an error would end the process; some answers make it throw
 * there (more repetitions than it can place), and others make it emit `error`. Both are answers to ignore: the question
 * stays open until its time is over, so that nobody can spoil a poll with a forged datagram.
 */
class GuardedSession extends snmp.Session {
  lastMalformed: unknown;

  constructor(host: string, community: string, options: snmp.SessionOptions) {
    super(host, community, options);
    this.on('error', (error) => {
      this.lastMalformed = error;
    });
  }

  override onMsg(datagram: Buffer): void {
    try {
      super.onMsg(datagram);
    } catch (error) {
      this.lastMalformed = error;
    }
  }
}

function noAnswer(malformed: unknown): SnmpError {
  return malformed === undefined
    ? new SnmpError(
        'timeout',
        'no answer: the address, the port, the community or the allowed addresses are wrong',
      )
    : new SnmpError('malformed', 'no valid answer', { cause: malformed });
}

const SEND_FAILURES = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EINVAL',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPERM',
]);

function toSnmpError(error: Error, malformed: unknown): SnmpError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error.name === 'RequestTimedOutError') return noAnswer(malformed);
  if (error.name === 'RequestFailedError') {
    const isTooBig = 'status' in error && error.status === snmp.ErrorStatus.TooBig;
    return new SnmpError(isTooBig ? 'too-big' : 'refused', error.message, { cause: error });
  }
  if (SEND_FAILURES.has(code)) return new SnmpError('unreachable', error.message, { cause: error });
  if (code === 'ERR_SOCKET_DGRAM_NOT_RUNNING' || error.message === 'Socket forcibly closed') {
    return new SnmpError('closed', 'the session was closed', { cause: error });
  }
  return new SnmpError('malformed', error.message, { cause: error });
}
