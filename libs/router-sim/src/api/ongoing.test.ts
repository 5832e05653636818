import { afterEach, describe, expect, it } from 'vitest';
import { connectRouteros, type RouterosSession, TrapError } from '@fairlead/routeros';
import { steadyLoad } from '../load.ts';
import type { RouterSimOptions } from '../options.ts';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { isDone, openRawClient, type RawClient } from '../testing/raw-client.ts';

const MONITOR = '/interface/monitor-traffic';

describe('commands that go on', () => {
  let sim: RouterSim;
  const clients: RawClient[] = [];
  const sessions: RouterosSession[] = [];

  async function begin(options: Partial<RouterSimOptions> = {}): Promise<RawClient> {
    sim = createRouterSim({
      ...dualWan,
      users: [...dualWan.users, { name: 'tester', password: 'secret', policies: ['read', 'test', 'api'] }],
      ...options,
    });
    await sim.start();
    return logIn('tester');
  }

  async function logIn(name: string): Promise<RawClient> {
    const client = await openRawClient(sim.ports.api);
    clients.push(client);
    await client.talk('/login', `=name=${name}`, '=password=secret');
    return client;
  }

  afterEach(async () => {
    for (const session of sessions.splice(0)) await session.close();
    for (const client of clients.splice(0)) client.close();
    await sim.stop();
  });

  /** What came up to now: the answer to a later command comes last. */
  async function soFar(client: RawClient): Promise<string[][]> {
    client.send('/system/identity/print', '=count-only=', '.tag=last');
    return (await client.receive((words) => words[1] === '.tag=last')).slice(0, -1);
  }

  /** What a command says at once. */
  function first(client: RawClient, ...words: string[]): Promise<string[][]> {
    client.send(...words);
    return soFar(client);
  }

  describe('listen', () => {
    it('pushes a link that goes down and comes back, and no counters', async () => {
      const client = await begin({ load: steadyLoad(10e6) });
      await first(client, '/interface/listen', '=.proplist=name,running', '.tag=L');
      sim.advance(3_000);
      expect(await soFar(client)).toEqual([]);
      sim.setLink('ISP1', false);
      sim.advance(100);
      sim.setLink('ISP1', true);
      sim.advance(100);
      expect(await soFar(client)).toEqual([
        ['!re', '.tag=L', '=name=ether1', '=running=false'],
        ['!re', '.tag=L', '=name=ether1', '=running=true'],
      ]);
    });

    it('hears only what its query asks for, and that items are gone', async () => {
      const client = await begin();
      const writer = await logIn('lbctl');
      await first(client, '/ip/firewall/mangle/listen', '?comment=mine', '=.proplist=.id,disabled', '.tag=L');
      const add = (comment: string) =>
        writer.talk('/ip/firewall/mangle/add', '=chain=forward', '=action=accept', `=comment=${comment}`);
      await add('theirs');
      const [[, ret = ''] = []] = await add('mine');
      const id = ret.replace('=ret=', '');
      await writer.talk('/ip/firewall/mangle/disable', `=.id=${id}`);
      await writer.talk('/ip/firewall/mangle/remove', `=.id=${id}`);
      expect(await soFar(client)).toEqual([
        ['!re', '.tag=L', `=.id=${id}`, '=disabled=false'],
        ['!re', '.tag=L', `=.id=${id}`, '=disabled=true'],
        ['!re', '.tag=L', `=.id=${id}`, '=.dead=true'],
      ]);
    });

    it('hears changes of a menu that cannot be edited', async () => {
      const client = await begin();
      await first(client, '/ip/route/listen', '=.proplist=gateway,active', '.tag=L');
      sim.setLink('ISP2', false);
      sim.advance(100);
      const rows = await soFar(client);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every((words) => words.includes('=gateway=203.0.113.1'))).toBe(true);
    });
  });

  describe('print', () => {
    it('comes again at every interval, until it is cancelled', async () => {
      const client = await begin();
      const rows = await first(
        client,
        '/system/resource/print',
        '=.proplist=uptime',
        '=interval=2',
        '.tag=P',
      );
      for (let second = 0; second < 5; second += 1) sim.advance(1_000);
      rows.push(...(await soFar(client)));
      expect(rows.map(([, , uptime]) => uptime)).toEqual(['=uptime=0s', '=uptime=2s', '=uptime=4s']);
      client.send('/cancel', '=tag=P', '.tag=C');
      await client.receive((words) => isDone(words) && words[1] === '.tag=P');
      sim.advance(10_000);
      expect(await soFar(client)).toEqual([]);
    });

    it.each([
      ['follow', 3],
      ['follow-only', 0],
    ])('with %s gives %d items and then the changes', async (parameter, count) => {
      const client = await begin();
      const rows = await first(client, '/interface/print', `=${parameter}=`, '=.proplist=name', '.tag=F');
      expect(rows).toHaveLength(count);
      sim.setLink('ISP2', false);
      sim.advance(100);
      rows.push(...(await soFar(client)));
      expect(rows).toHaveLength(count + 1);
      expect(rows.at(-1)).toEqual(['!re', '.tag=F', '=name=ether2']);
    });

    it.each(['0', 'soon', '-1s'])('refuses the interval %s', async (interval) => {
      const client = await begin();
      expect((await client.talk('/interface/print', `=interval=${interval}`))[0]).toContain('=category=1');
    });
  });

  describe('monitor-traffic', () => {
    const bits = (words: readonly string[] | undefined): number =>
      Number(words?.find((word) => word.startsWith('=rx-bits-per-second='))?.split('=')[2]);

    it('says once what passed in the last second', async () => {
      const client = await begin({ load: steadyLoad(10e6) });
      for (let second = 0; second < 10; second += 1) sim.advance(1_000);
      const before = sim.kernel.interfaces()[0]?.rxBytes ?? 0n;
      sim.advance(1_000);
      const passed = (sim.kernel.interfaces()[0]?.rxBytes ?? 0n) - before;
      const reply = await client.talk(MONITOR, '=interface=ether1,*2', '=once=', '.tag=M');
      expect(reply.map((words) => words.slice(0, 3))).toEqual([
        ['!re', '.tag=M', '=name=ether1'],
        ['!re', '.tag=M', '=name=ether2'],
        ['!done', '.tag=M'],
      ]);
      expect(bits(reply[0])).toBe(Number(passed) * 8);
      expect(bits(reply[0])).toBeGreaterThan(1e6);
    });

    it('gives a row an interface each second to our own client, until that has enough', async () => {
      await begin({ load: steadyLoad(10e6) });
      const session = await connectRouteros({
        host: '127.0.0.1',
        port: sim.ports.api,
        tls: false,
        user: 'tester',
        password: 'secret',
        allow: [MONITOR],
        timeoutMs: 5_000,
      });
      sessions.push(session);
      const stream = session.stream(
        { command: MONITOR, attributes: { interface: 'ether1,ether2' } },
        { overflow: 'fail' },
      );
      const names: (string | undefined)[] = [];
      for await (const row of stream) {
        names.push(row['name']);
        if (names.length % 2 === 0) sim.advance(1_000);
        if (names.length === 6) break;
      }
      expect(names).toEqual(['ether1', 'ether2', 'ether1', 'ether2', 'ether1', 'ether2']);
      const cancel = sim.received.findIndex(({ words }) => words[0] === '/cancel');
      expect(cancel).toBeGreaterThan(0);
      await expect(
        session.execute({ command: MONITOR, attributes: { interface: 'ether9', once: '' } }),
      ).rejects.toBeInstanceOf(TrapError);
    });

    it.each([
      ['no interface', [], '=message=missing =interface='],
      [
        'one that is not there',
        ['=interface=ether9'],
        '=message=input does not match any value of interface',
      ],
    ])('refuses %s', async (_what, words, message) => {
      const client = await begin();
      expect((await client.talk(MONITOR, ...words))[0]).toContain(message);
    });
  });

  describe('ping', () => {
    const field = (words: readonly string[], name: string): string | undefined =>
      words.find((word) => word.startsWith(`=${name}=`))?.slice(name.length + 2);

    it('counts what was sent, received and lost, and ends after its count', async () => {
      const client = await begin();
      expect(await first(client, '/ping', '=address=198.51.100.1', '=count=3', '.tag=p')).toHaveLength(1);
      sim.setLink('ISP1', false);
      sim.advance(1_000);
      sim.setLink('ISP1', true);
      sim.advance(1_000);
      sim.advance(5_000);
      const rows = await soFar(client);
      expect(
        rows.map((words) => [
          words[0],
          field(words, 'seq'),
          field(words, 'status'),
          field(words, 'packet-loss'),
        ]),
      ).toEqual([
        ['!re', '1', 'timeout', '50'],
        ['!re', '2', undefined, '33'],
        ['!done', undefined, undefined, undefined],
      ]);
    });

    it('goes on without a count until it is cancelled', async () => {
      const client = await begin();
      const rows = await first(client, '/tool/ping', '=address=8.8.8.8', '=interval=500ms', '.tag=p');
      for (let step = 0; step < 4; step += 1) sim.advance(500);
      rows.push(...(await soFar(client)));
      expect(rows.map((words) => field(words, 'seq'))).toEqual(['0', '1', '2', '3', '4']);
      client.send('/cancel');
      const end = await client.receive((words) => isDone(words) && words[1] === '.tag=p');
      expect(end.map(([word]) => word)).toEqual(['!trap', '!done', '!done']);
    });

    it('needs the policy test, an address, and an interface and a size that there are', async () => {
      const client = await begin();
      expect((await client.talk('/ping'))[0]).toEqual(['!trap', '=message=missing =address=']);
      expect((await client.talk('/ping', '=address=nowhere.example'))[0]?.[0]).toBe('!trap');
      const refused = async (...words: string[]): Promise<string | undefined> =>
        (await client.talk('/ping', '=address=8.8.8.8', ...words))[0]?.at(-1);
      expect(await refused('=interface=ether9')).toBe('=message=input does not match any value of interface');
      expect(await refused('=size=27')).toBe('=message=input does not match any value of size');
      const other = await logIn('viewer');
      expect((await other.talk('/ping', '=address=8.8.8.8'))[0]).toEqual([
        '!trap',
        '=message=not enough permissions (9)',
      ]);
    });
  });

  it('stay unanswered where that is the fault', async () => {
    const client = await begin();
    sim.faults.noReply = true;
    sim.faults.appliesTo = (command) => command === MONITOR;
    await first(client, MONITOR, '=interface=ether1', '.tag=M');
    sim.advance(1_000);
    sim.advance(1_000);
    expect(await soFar(client)).toEqual([]);
  });

  it('end with their session', async () => {
    const client = await begin();
    await first(client, MONITOR, '=interface=ether1', '.tag=M');
    await first(client, '/interface/listen', '.tag=L');
    sim.reboot();
    await client.closed();
    sim.setLink('ISP1', false);
    sim.advance(5_000);
    const next = await logIn('tester');
    expect(await soFar(next)).toEqual([]);
  });

  describe('a router before 6.43', () => {
    const old = { version: '6.42.12' } as const;
    const connect = (options: { login?: 'md5-challenge'; password?: string }) =>
      connectRouteros({
        host: '127.0.0.1',
        port: sim.ports.api,
        tls: false,
        user: 'tester',
        password: 'secret',
        allow: ['/system/identity/print'],
        timeoutMs: 5_000,
        ...options,
      });

    it('lets our client in by the MD5 login where that was chosen, and not otherwise', async () => {
      sim = createRouterSim({
        ...dualWan,
        users: [{ name: 'tester', password: 'secret', policies: ['read', 'api'] }],
        ...old,
      });
      await sim.start();
      const session = await connect({ login: 'md5-challenge' });
      sessions.push(session);
      expect((await session.execute(['/system/identity/print'])).records).toEqual([{ name: 'gw1' }]);
      expect(sim.received.flatMap(({ words }) => words).filter((word) => word.includes('password'))).toEqual(
        [],
      );
      await expect(connect({ login: 'md5-challenge', password: 'wrong' })).rejects.toThrow(
        'invalid user name',
      );
      await expect(connect({})).rejects.toThrow('which was not chosen');
    });
  });
});
