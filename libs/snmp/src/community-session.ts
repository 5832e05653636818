import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { SnmpError } from './errors.ts';
import { type EncodedRequest, encodeRequest, type Request } from './message.ts';
import type { Oid } from './oid.ts';
import type { CallOptions, SnmpSession, SnmpSessionOptions } from './session.ts';
import type { Target, UdpExchange } from './udp-exchange.ts';
import type { VarBind } from './var-bind.ts';

const TOO_BIG = 1;
/** RFC 3416 section 3. */
const ERROR_NAMES = [
  'noError',
  'tooBig',
  'noSuchName',
  'badValue',
  'readOnly',
  'genErr',
  'noAccess',
  'wrongType',
  'wrongLength',
  'wrongEncoding',
  'wrongValue',
  'noCreation',
  'inconsistentValue',
  'resourceUnavailable',
  'commitFailed',
  'undoFailed',
  'authorizationError',
];

/** A session of version 2c over a socket that it shares with others. A name is resolved once, at the first call. */
export function createCommunitySession(
  exchange: UdpExchange,
  community: string,
  { host, port, timeoutMs, retries }: SnmpSessionOptions,
): SnmpSession {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  /** Questions by the list that was given, which for a poll is the same one each time. */
  const gets = new WeakMap<readonly Oid[], EncodedRequest>();
  let resolved: Promise<Target> | undefined;

  async function ask(request: EncodedRequest, { withinMs }: CallOptions): Promise<readonly VarBind[]> {
    const target = await (resolved ??= resolve(host, port));
    const attempts = { timeoutMs, retries, withinMs: withinMs ?? (retries + 1) * timeoutMs };
    const { errorStatus, bindings } = await exchange.ask(target, request, attempts, closing.signal);
    if (errorStatus === TOO_BIG) throw new SnmpError('too-big', 'the answer does not fit one message');
    if (errorStatus !== 0) {
      throw new SnmpError('refused', `the agent answers ${ERROR_NAMES[errorStatus] ?? errorStatus}`);
    }
    return bindings;
  }

  function encodeGet(oids: readonly Oid[]): EncodedRequest {
    const known = gets.get(oids);
    if (known) return known;
    const encoded = encodeRequest(community, { kind: 'get', oids });
    gets.set(oids, encoded);
    return encoded;
  }

  return {
    async get(oids, options = {}) {
      const bindings = await ask(encodeGet(oids), options);
      checkSame(oids, bindings);
      return bindings;
    },
    getBulk(after, { nonRepeaters = 0, maxRepetitions, ...options }) {
      const request: Request = { kind: 'get-bulk', oids: after, nonRepeaters, maxRepetitions };
      return ask(encodeRequest(community, request), options);
    },
    close: () => closing.abort(),
  };
}

/** @throws SnmpError `malformed` when these are not the instances that were asked for */
export function checkSame(oids: readonly Oid[], bindings: readonly VarBind[]): void {
  if (bindings.length !== oids.length) {
    throw new SnmpError('malformed', `asked for ${oids.length} values, got ${bindings.length}`);
  }
  for (const [i, { oid }] of bindings.entries()) {
    if (oid !== oids[i]) throw new SnmpError('malformed', `asked for ${oids[i]}, got ${oid}`);
  }
}

async function resolve(host: string, port: number): Promise<Target> {
  const version = isIP(host);
  if (version === 4 || version === 6) return { family: version, address: host, port };
  try {
    const { address, family } = await lookup(host);
    return { family: family === 6 ? 6 : 4, address, port };
  } catch (cause) {
    throw new SnmpError('unreachable', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
