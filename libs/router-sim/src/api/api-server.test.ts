import { connect } from 'node:net';
import { once } from 'node:events';
import { connectRouteros } from '@fairlead/routeros';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steadyLoad } from '../load.ts';
import type { RouterSimOptions } from '../options.ts';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { isDone, openRawClient, type RawClient } from '../testing/raw-client.ts';

const MANGLE = '/ip/firewall/mangle';
const STEERING = '?comment=Load-Balancing here';

describe('API of the simulated router', () => {
  let sim: RouterSim;
  const clients: RawClient[] = [];

  async function begin(options: Partial<RouterSimOptions> = {}): Promise<void> {
    sim = createRouterSim({ ...dualWan, ...options });
    await sim.start();
  }

  async function logIn(name = 'lbctl', password = 'secret'): Promise<RawClient> {
    const client = await openRawClient(sim.ports.api);
    clients.push(client);
    expect(await client.talk('/login', `=name=${name}`, `=password=${password}`)).toEqual([['!done']]);
    return client;
  }

  /** The steering rule's `.id` and mark. */
  async function steeringRule(client: RawClient): Promise<{ id: string; mark: string }> {
    const [row = []] = await client.talk(`${MANGLE}/print`, STEERING, '=.proplist=.id,new-routing-mark');
    const value = (name: string): string =>
      row.find((word) => word.startsWith(`=${name}=`))?.slice(name.length + 2) ?? '';
    return { id: value('.id'), mark: value('new-routing-mark') };
  }

  beforeEach(() => begin());
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await sim.stop();
  });

  describe('login', () => {
    it.each([
      ['lbctl', 'wrong', 'invalid user name or password (6)'],
      ['nobody', 'secret', 'invalid user name or password (6)'],
      ['web', 'secret', 'std failure: not allowed (9)'],
    ])('refuses %s with %s', async (name, password, message) => {
      const client = await openRawClient(sim.ports.api);
      clients.push(client);
      const reply = await client.talk('/login', `=name=${name}`, `=password=${password}`, '.tag=l');
      expect(reply).toEqual([
        ['!trap', '.tag=l', `=message=${message}`],
        ['!done', '.tag=l'],
      ]);
    });

    it('lets nothing happen before it', async () => {
      const client = await openRawClient(sim.ports.api);
      clients.push(client);
      client.send('/system/identity/print');
      expect(await client.closed()).toEqual([['!fatal', 'not logged in']]);
    });

    it('works over TLS with the certificate that the simulator shows', async () => {
      const client = await openRawClient(sim.ports.apiTls, { ca: sim.certificatePem });
      clients.push(client);
      await client.talk('/login', '=name=lbctl', '=password=secret');
      expect(await client.talk('/system/identity/print')).toEqual([['!re', '=name=gw1'], ['!done']]);
    });

    it('keeps what it received, without the password', async () => {
      await logIn();
      expect(sim.received).toEqual([
        { session: 1, user: undefined, words: ['/login', '=name=lbctl', '=password=[secret]'] },
      ]);
    });
  });

  describe('print', () => {
    it('gives the asked properties in the asked order, tag first, and leaves out unknown ones', async () => {
      const client = await logIn();
      const reply = await client.talk('/interface/print', '=.proplist=name,nonsense,.id,name.oid', '.tag=7');
      expect(reply).toEqual([
        ['!re', '.tag=7', '=name=ether1', '=.id=*1', '=name.oid=.1.3.6.1.2.1.2.2.1.2.1'],
        ['!re', '.tag=7', '=name=ether2', '=.id=*2', '=name.oid=.1.3.6.1.2.1.2.2.1.2.2'],
        ['!re', '.tag=7', '=name=bridge-lan', '=.id=*3', '=name.oid=.1.3.6.1.2.1.2.2.1.2.3'],
        ['!done', '.tag=7'],
      ]);
    });

    it('counts, and says that there is nothing', async () => {
      const client = await logIn();
      expect(await client.talk(`${MANGLE}/print`, '=count-only=')).toEqual([['!done', '=ret=15']]);
      expect(await client.talk('/tool/traffic-monitor/print')).toEqual([['!empty'], ['!done']]);
    });

    it('says nothing at all before 7.18', async () => {
      await sim.stop();
      await begin({ version: '7.17.2' });
      const client = await logIn();
      expect(await client.talk('/tool/traffic-monitor/print')).toEqual([['!done']]);
    });

    it('shows counters as the kernel has them', async () => {
      await sim.stop();
      await begin({ load: steadyLoad(10e6) });
      const client = await logIn();
      sim.advance(3_000);
      const [row] = await client.talk(
        '/interface/print',
        '=stats=',
        '?name=ether1',
        '=.proplist=rx-byte,running',
      );
      const rx = sim.kernel.interfaces()[0]?.rxBytes ?? 0n;
      expect(rx).toBeGreaterThan(100_000n);
      expect(row).toEqual(['!re', `=rx-byte=${rx}`, '=running=true']);
      expect(await client.talk('/system/resource/print', '=.proplist=uptime')).toEqual([
        ['!re', '=uptime=3s'],
        ['!done'],
      ]);
    });

    it.each([
      '/system/resource',
      '/system/identity',
      '/interface',
      '/ip/address',
      '/ip/route',
      '/routing/table',
      MANGLE,
      '/ip/firewall/filter',
    ])('answers for %s', async (menu) => {
      const client = await logIn();
      const reply = await client.talk(`${menu}/print`);
      expect(reply.length).toBeGreaterThan(1);
      expect(reply.slice(0, -1).every(([word]) => word === '!re')).toBe(true);
    });

    it('marks the default route in use of each table, and follows the link', async () => {
      const client = await logIn();
      const active = (): Promise<string[][]> =>
        client.talk('/ip/route/print', '?active=true', '=.proplist=routing-table,gateway');
      expect((await active()).slice(0, -1).map((row) => row.slice(1))).toEqual([
        ['=routing-table=main', '=gateway=198.51.100.1'],
        ['=routing-table=ISP1_Route', '=gateway=198.51.100.1'],
        ['=routing-table=ISP2_Route', '=gateway=203.0.113.1'],
      ]);
      sim.setLink('ISP1', false);
      expect((await active()).slice(0, -1).map((row) => row.slice(1))).toEqual([
        ['=routing-table=main', '=gateway=203.0.113.1'],
        ['=routing-table=ISP2_Route', '=gateway=203.0.113.1'],
      ]);
    });
  });

  describe('change', () => {
    it('sets the mark of the steering rule, and reads it back', async () => {
      const client = await logIn();
      const { id, mark } = await steeringRule(client);
      expect(mark).toBe('ISP1_Route');
      expect(await client.talk(`${MANGLE}/set`, `=.id=${id}`, '=new-routing-mark=ISP2_Route')).toEqual([
        ['!done'],
      ]);
      expect(await steeringRule(client)).toEqual({ id, mark: 'ISP2_Route' });
      await client.talk(`${MANGLE}/set`, `=numbers=${id}`, '=new-routing-mark=ISP1_Route');
      expect((await steeringRule(client)).mark).toBe('ISP1_Route');
    });

    it.each([
      [
        'a mark without a table',
        [`${MANGLE}/set`, '=.id=*B', '=new-routing-mark=ISP9_Route'],
        ['=category=1', '=message=input does not match any value of new-routing-mark'],
      ],
      [
        'an unknown property',
        [`${MANGLE}/set`, '=.id=*B', '=colour=red'],
        ['=message=unknown parameter colour'],
      ],
      [
        'an item that is gone',
        [`${MANGLE}/remove`, '=.id=*FF'],
        ['=category=0', '=message=no such item (4)'],
      ],
      ['no item', [`${MANGLE}/set`, '=comment=x'], ['=message=missing =.id=']],
      ['an unknown command', ['/interface/frobnicate'], ['=message=no such command']],
    ])('refuses %s', async (_what, words, attributes) => {
      const client = await logIn();
      expect(await client.talk(...words)).toEqual([['!trap', ...attributes], ['!done']]);
    });

    it('refuses a menu that is not there in two traps', async () => {
      const client = await logIn();
      expect(await client.talk('/ip/adress/print', '.tag=a')).toEqual([
        ['!trap', '.tag=a', '=category=0', '=message=no such command or directory (adress)'],
        ['!trap', '.tag=a', '=message=no such command prefix'],
        ['!done', '.tag=a'],
      ]);
    });

    it('needs the write policy', async () => {
      const client = await logIn('viewer');
      const { id } = await steeringRule(client);
      expect(await client.talk(`${MANGLE}/set`, `=.id=${id}`, '=new-routing-mark=ISP2_Route')).toEqual([
        ['!trap', '=message=not enough permissions (9)'],
        ['!done'],
      ]);
      expect((await steeringRule(client)).mark).toBe('ISP1_Route');
    });

    it('adds, disables and removes, by id and by name', async () => {
      const client = await logIn();
      const monitor = '/tool/traffic-monitor';
      const added = await client.talk(
        `${monitor}/add`,
        '=name=LB1',
        '=interface=ether1',
        '=traffic=received',
        '=trigger=above',
        '=threshold=10000000',
      );
      expect(added).toEqual([['!done', '=ret=*1']]);
      await client.talk(`${monitor}/disable`, '=.id=LB1');
      expect(await client.talk(`${monitor}/print`, '?disabled=true', '=.proplist=name')).toEqual([
        ['!re', '=name=LB1'],
        ['!done'],
      ]);
      await client.talk(`${monitor}/remove`, '=.id=*1');
      expect(await client.talk(`${monitor}/print`, '=count-only=')).toEqual([['!done', '=ret=0']]);
    });
  });

  it('tells listeners about changes until they are cancelled', async () => {
    const client = await logIn();
    const { id } = await steeringRule(client);
    client.send(`${MANGLE}/listen`, '=.proplist=.id,new-routing-mark', '.tag=L');
    await client
      .talk(`${MANGLE}/set`, `=.id=${id}`, '=new-routing-mark=ISP2_Route')
      .then((reply) =>
        expect(reply).toEqual([['!re', '.tag=L', `=.id=${id}`, '=new-routing-mark=ISP2_Route'], ['!done']]),
      );
    expect((await client.talk(`${MANGLE}/remove`, `=.id=${id}`))[0]).toEqual([
      '!re',
      '.tag=L',
      `=.id=${id}`,
      '=.dead=true',
    ]);
    client.send('/cancel', '=tag=L', '.tag=C');
    expect(await client.receive((words) => isDone(words) && words[1] === '.tag=L')).toEqual([
      ['!trap', '.tag=L', '=category=2', '=message=interrupted'],
      ['!done', '.tag=C'],
      ['!done', '.tag=L'],
    ]);
    expect(await client.talk(`${MANGLE}/add`, '=chain=prerouting', '=action=accept')).toHaveLength(1);
  });

  it('says goodbye to /quit', async () => {
    const client = await logIn();
    client.send('/quit');
    expect(await client.closed()).toEqual([['!fatal', 'session terminated on request']]);
  });

  it('closes on bytes that are no sentence, and others go on', async () => {
    const other = await logIn();
    const socket = connect({ host: '127.0.0.1', port: sim.ports.api });
    socket.on('error', () => undefined);
    socket.write(Uint8Array.of(0xf8, 1, 2, 3));
    await once(socket, 'close');
    expect(await other.talk('/system/identity/print')).toHaveLength(2);
  });

  it('takes twenty sessions and closes the next', async () => {
    for (let i = 0; i < 20; i += 1) await logIn();
    const extra = await openRawClient(sim.ports.api);
    expect(await extra.closed()).toEqual([]);
  });

  it('ends the sessions when it reboots', async () => {
    const client = await logIn();
    sim.reboot();
    expect(await client.closed()).toEqual([]);
    await logIn();
  });

  describe('faults', () => {
    it('refuses every login', async () => {
      sim.faults.refuseLogin = true;
      const client = await openRawClient(sim.ports.api);
      clients.push(client);
      expect((await client.talk('/login', '=name=lbctl', '=password=secret'))[0]?.[0]).toBe('!trap');
    });

    it('closes in the middle of a reply, with the change done', async () => {
      const client = await logIn();
      const { id } = await steeringRule(client);
      sim.faults.closeMidReply = true;
      sim.faults.appliesTo = (command) => command === `${MANGLE}/set`;
      client.send(`${MANGLE}/set`, `=.id=${id}`, '=new-routing-mark=ISP2_Route');
      expect(await client.closed()).toEqual([]);
      expect((await steeringRule(await logIn())).mark).toBe('ISP2_Route');
    });

    it('leaves a command without an answer, and others with one', async () => {
      const client = await logIn();
      sim.faults.noReply = true;
      sim.faults.appliesTo = (command) => command === '/interface/print';
      client.send('/interface/print', '.tag=1');
      expect(await client.talk('/system/identity/print', '.tag=2')).toEqual([
        ['!re', '.tag=2', '=name=gw1'],
        ['!done', '.tag=2'],
      ]);
    });

    it('answers late, after what was asked later', async () => {
      const client = await logIn();
      sim.faults.delayMs = 50;
      sim.faults.appliesTo = (command) => command === '/system/identity/print';
      client.send('/system/identity/print', '.tag=slow');
      client.send('/routing/table/print', '=count-only=', '.tag=quick');
      const reply = await client.receive((words) => isDone(words) && words[1] === '.tag=slow');
      expect(reply.map(([word, tag]) => `${word} ${tag}`)).toEqual([
        '!done .tag=quick',
        '!re .tag=slow',
        '!done .tag=slow',
      ]);
    });

    it('ends the connection with a reason', async () => {
      const client = await logIn();
      sim.faults.fatal = 'out of memory';
      client.send('/interface/print');
      expect(await client.closed()).toEqual([['!fatal', 'out of memory']]);
    });

    it.each([
      ['missing', 0],
      ['doubled', 2],
      ['once', 1],
    ] as const)('has the steering rule %s', async (state, count) => {
      const client = await logIn();
      sim.faults.steeringRule = 'missing';
      sim.faults.steeringRule = state;
      expect(await client.talk(`${MANGLE}/print`, STEERING, '=count-only=')).toEqual([
        ['!done', `=ret=${count}`],
      ]);
    });
  });

  it('serves our own client over verified TLS', async () => {
    const session = await connectRouteros({
      host: '127.0.0.1',
      port: sim.ports.apiTls,
      tls: { fingerprint: sim.fingerprint256 },
      user: 'lbctl',
      password: 'secret',
      allow: ['/system/resource/print'],
      timeoutMs: 5_000,
    });
    const reply = await session.execute({ command: '/system/resource/print' });
    expect(reply.records[0]).toMatchObject({ version: '7.20.1 (stable)', platform: 'MikroTik' });
    await session.close();
  });
});
