import { requirement } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthProtocol, PrivProtocol, SnmpSession, SnmpUser } from './session.ts';
import { type Snmpd, startSnmpd } from './testing/index.ts';
import { createSnmpTransport } from './transport.ts';

const AUTH_PASSWORD = 'the way in';
const PRIV_PASSWORD = 'kept secret';
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const ENGINE_BOOTS = '1.3.6.1.6.3.10.2.1.2.0';

/** Every authentication and every privacy protocol once, by the names of Net-SNMP. */
const authPriv: readonly (readonly [AuthProtocol, string, PrivProtocol, string])[] = [
  ['md5', 'MD5', 'des', 'DES'],
  ['sha', 'SHA', 'aes', 'AES'],
  ['sha224', 'SHA-224', 'aes', 'AES'],
  ['sha256', 'SHA-256', 'aes', 'AES'],
  ['sha384', 'SHA-384', 'aes256c', 'AES-256-C'],
  ['sha512', 'SHA-512', 'aes256', 'AES-256'],
];

/** What an agent remembers of its run before, and which way that moves the count of its starts. */
const restarts: readonly (readonly [string, 'kept' | 'boots-lost' | 'lost', number])[] = [
  ['has started once more', 'kept', 1],
  ['has forgotten how often it has started', 'boots-lost', -1],
  ['has forgotten its engine id too', 'lost', -1],
];

const need = requirement('snmpd');
const transport = createSnmpTransport();
let snmpd: Snmpd | undefined;

beforeAll(async () => {
  if (!need.met) return;
  snmpd = await startSnmpd([
    'createUser open',
    'rouser open noauth',
    `createUser signed SHA-256 "${AUTH_PASSWORD}"`,
    'rouser signed auth',
    ...authPriv.flatMap(([auth, authName, priv, privName]) => [
      `createUser ${auth}-${priv} ${authName} "${AUTH_PASSWORD}" ${privName} "${PRIV_PASSWORD}"`,
      `rouser ${auth}-${priv} priv`,
    ]),
  ]);
});

afterAll(async () => {
  await snmpd?.stop();
  transport.close();
});

async function ask<T>(
  user: SnmpUser,
  what: (session: SnmpSession) => Promise<T>,
  options = { timeoutMs: 5_000, retries: 0 },
): Promise<T> {
  const session = transport.openSession({
    host: '127.0.0.1',
    port: snmpd?.port ?? 0,
    access: { user },
    ...options,
  });
  try {
    return await what(session);
  } finally {
    session.close();
  }
}

const upTime = async (session: SnmpSession): Promise<unknown> => (await session.get([SYS_UP_TIME]))[0]?.value;
const sha256 = { protocol: 'sha256', password: AUTH_PASSWORD } as const;
const aes = { protocol: 'aes', password: PRIV_PASSWORD } as const;

describe("Debian's snmpd, version 3", () => {
  it.for(authPriv)('answers authPriv with %s and %s as %s', async ([auth, , priv], ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const user: SnmpUser = {
      name: `${auth}-${priv}`,
      auth: { protocol: auth, password: AUTH_PASSWORD },
      priv: { protocol: priv, password: PRIV_PASSWORD },
    };
    expect(await ask(user, upTime)).toBeGreaterThan(0);
    const rows = await ask(user, (session) => session.getBulk(['1.3.6.1.2.1.1'], { maxRepetitions: 5 }));
    expect(rows.map(({ oid }) => oid).slice(0, 3)).toEqual([
      '1.3.6.1.2.1.1.1.0',
      '1.3.6.1.2.1.1.2.0',
      '1.3.6.1.2.1.1.3.0',
    ]);
  });

  it('answers authNoPriv and noAuthNoPriv where it allows them', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    expect(await ask({ name: 'signed', auth: sha256 }, upTime)).toBeGreaterThan(0);
    expect(await ask({ name: 'open' }, upTime)).toBeGreaterThan(0);
  });

  it.for([
    ['the user', { name: 'nobody', auth: sha256 }, 'denied', 'does not know this user'],
    [
      'the authentication password',
      { name: 'sha256-aes', auth: { ...sha256, password: 'not the way' }, priv: aes },
      'denied',
      'authentication password or protocol is wrong',
    ],
    [
      'the authentication protocol',
      { name: 'sha256-aes', auth: { ...sha256, protocol: 'sha' }, priv: aes },
      'denied',
      'authentication password or protocol is wrong',
    ],
    [
      'the privacy password',
      { name: 'sha256-aes', auth: sha256, priv: { ...aes, password: 'not secret' } },
      'timeout',
      'privacy password',
    ],
    ['the level', { name: 'sha256-aes', auth: sha256 }, 'denied', 'security level'],
  ] as const)('says what is wrong: %s', async ([, user, kind, message], ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const failed = ask(user, upTime, { timeoutMs: 1_000, retries: 0 });
    await expect(failed).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(message) as unknown,
    });
    const text = await failed.catch((error: unknown) => String(error));
    expect(text).not.toContain(AUTH_PASSWORD);
  });

  it.for(restarts)('goes on with an agent that %s', async ([, memory, boots], ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    await ask({ name: 'sha256-aes', auth: sha256, priv: aes }, async (session) => {
      const engineBoots = async () => Number((await session.get([ENGINE_BOOTS]))[0]?.value);
      if (memory !== 'kept') await snmpd?.restart();
      const before = await engineBoots();
      await snmpd?.restart(memory);
      const after = await engineBoots();
      expect(Math.sign(after - before)).toBe(boots);
      expect(await upTime(session)).toBeGreaterThan(0);
    });
  });
});
