import { isIPv6 } from 'node:net';
import snmp from 'net-snmp';
import { checkSame } from './community-session.ts';
import { provideDes } from './des-by-triple-des.ts';
import { SnmpError } from './errors.ts';
import type { AuthProtocol, PrivProtocol, SnmpSession, SnmpSessionOptions, SnmpUser } from './session.ts';
import { decodeValue, types, type VarBind } from './var-bind.ts';

/** What a call may take beyond the library's own time limits: discovery of the engine, resolution of a name. */
const DEADLINE_SLACK_MS = 500;

const authProtocols: Readonly<Record<AuthProtocol, snmp.AuthProtocols>> = {
  md5: snmp.AuthProtocols.md5,
  sha: snmp.AuthProtocols.sha,
  sha224: snmp.AuthProtocols.sha224,
  sha256: snmp.AuthProtocols.sha256,
  sha384: snmp.AuthProtocols.sha384,
  sha512: snmp.AuthProtocols.sha512,
};
const privProtocols: Readonly<Record<PrivProtocol, snmp.PrivProtocols>> = {
  des: snmp.PrivProtocols.des,
  aes: snmp.PrivProtocols.aes,
  aes256: snmp.PrivProtocols.aes256b,
  aes256c: snmp.PrivProtocols.aes256r,
};

/** A session of version 3 (RFC 3414) over a socket of its own. */
export function createUserSession(user: SnmpUser, options: SnmpSessionOptions): SnmpSession {
  if (user.priv?.protocol === 'des') provideDes();
  const open = (): GuardedSession =>
    new GuardedSession(options.host, toLibraryUser(user), {
      version: snmp.Version3,
      transport: isIPv6(options.host) ? 'udp6' : 'udp4',
      port: options.port,
      timeout: options.timeoutMs,
      retries: options.retries,
      context: user.context ?? '',
    });
  let session = open();
  let closed = false;

  function ask<T>(
    withinMs = options.timeoutMs * (options.retries + 1) + DEADLINE_SLACK_MS,
    send: (done: (error: Error | null, answer?: T) => void) => void,
  ): Promise<T> {
    if (closed) return Promise.reject(new SnmpError('closed', 'the session is closed'));
    session.lastMalformed = undefined;
    return new Promise<T>((resolve, reject) => {
      const fail = (error: SnmpError): void => {
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => fail(noAnswer(session.lastMalformed)), withinMs);
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

  /** An agent that has restarted has another clock, which is learned anew; then the question is asked once more. */
  async function askInTime<T>(
    withinMs: number | undefined,
    send: (done: (error: Error | null, answer?: T) => void) => void,
  ): Promise<T> {
    try {
      return await ask(withinMs, send);
    } catch (error) {
      if (!(error instanceof SnmpError) || error.message !== OTHER_CLOCK || closed) throw error;
      session.close();
      session = open();
      return ask(withinMs, send);
    }
  }

  return {
    async get(oids, { withinMs } = {}) {
      const answer = await askInTime<snmp.Varbind[]>(withinMs, (done) => session.get([...oids], done));
      const bindings = answer.map(toVarBind);
      checkSame(oids, bindings);
      return bindings;
    },
    async getBulk(after, { nonRepeaters = 0, maxRepetitions, withinMs }) {
      const answer = await askInTime<(snmp.Varbind | snmp.Varbind[])[]>(withinMs, (done) =>
        session.getBulk([...after], nonRepeaters, maxRepetitions, done),
      );
      return byRow(answer).map(toVarBind);
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

  constructor(host: string, user: snmp.User, options: snmp.SessionOptionsV3) {
    super(host, user, options);
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

function toLibraryUser({ name, auth, priv }: SnmpUser): snmp.User {
  if (!auth) return { name, level: snmp.SecurityLevel.noAuthNoPriv };
  const authenticated = { name, authProtocol: authProtocols[auth.protocol], authKey: auth.password };
  if (!priv) return { ...authenticated, level: snmp.SecurityLevel.authNoPriv };
  return {
    ...authenticated,
    level: snmp.SecurityLevel.authPriv,
    privProtocol: privProtocols[priv.protocol],
    privKey: priv.password,
  };
}

/** net-snmp sorts the bindings of a GETBULK by column; here they are in the order of the message. */
function byRow(answer: readonly (snmp.Varbind | snmp.Varbind[])[]): snmp.Varbind[] {
  const once = answer.filter((entry): entry is snmp.Varbind => !Array.isArray(entry));
  const repeated = answer.filter((entry): entry is snmp.Varbind[] => Array.isArray(entry));
  const rows = Math.max(0, ...repeated.map((column) => column.length));
  const bindings = [...once];
  for (let row = 0; row < rows; row += 1) {
    for (const column of repeated) {
      const binding = column[row];
      if (binding) bindings.push(binding);
    }
  }
  return bindings;
}

/** net-snmp leaves a Counter64 and an Opaque as the content of its element. */
function toVarBind({ oid, type, value }: snmp.Varbind): VarBind {
  const tag: number = type ?? types.null;
  if (tag === types.noSuchObject || tag === types.noSuchInstance || tag === types.endOfMibView) {
    return { oid, value: undefined };
  }
  if (value instanceof Uint8Array && (tag === types.counter64 || tag === types.opaque)) {
    return { oid, value: decodeValue(tag, value, 0, value.length) ?? null };
  }
  return typeof value === 'number' || typeof value === 'string' || value instanceof Uint8Array
    ? { oid, value }
    : { oid, value: null };
}

function noAnswer(malformed: unknown): SnmpError {
  return malformed === undefined
    ? new SnmpError(
        'timeout',
        'no answer: the address, the port, the allowed addresses or the privacy password are wrong',
      )
    : new SnmpError('malformed', 'no valid answer', { cause: malformed });
}

const OTHER_CLOCK =
  'the engine time of the agent is not what it was: it has restarted, or another agent answers';

/** What the reports of RFC 3414 section 3.2 say, in the words of whoever has to mend it. */
const reports: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/unknown ?user ?name/i, 'the agent does not know this user'],
  [/wrong ?digest|authentication digest/i, 'the authentication password or protocol is wrong'],
  [/decryption ?error/i, 'the privacy password or protocol is wrong'],
  [/unsupported ?sec(urity)? ?level/i, 'the agent does not allow this security level to the user'],
  [/not ?in ?time ?window|outside the time window/i, OTHER_CLOCK],
  [/authorization ?error/i, 'the agent does not allow the user this, or not at this security level'],
  [/unknown ?engine ?id/i, 'the agent does not accept its own engine id'],
];

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
  const report = reports.find(([pattern]) => pattern.test(error.message));
  if (report) return new SnmpError('denied', report[1], { cause: error });
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
