import { afterEach, describe, expect, it } from 'vitest';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { openRawClient, type RawClient } from '../testing/raw-client.ts';

let sim: RouterSim;
let client: RawClient;

async function begin(version = '7.20.1'): Promise<RawClient> {
  sim = createRouterSim({ ...dualWan, version });
  await sim.start();
  client = await openRawClient(sim.ports.api);
  await client.talk('/login', '=name=lbctl', '=password=secret');
  return client;
}

afterEach(async () => {
  client.close();
  await sim.stop();
});

/** Properties of the items that a print gives. */
async function rows(path: string, ...words: string[]): Promise<Record<string, string>[]> {
  const reply = await client.talk(`${path}/print`, ...words);
  return reply
    .filter(([word]) => word === '!re')
    .map((words_) =>
      Object.fromEntries(
        words_
          .slice(1)
          .map((word) => [word.slice(1, word.indexOf('=', 1)), word.slice(word.indexOf('=', 1) + 1)]),
      ),
    );
}

const idOf = (reply: string[][]): string => reply[0]?.[1]?.slice('=ret='.length) ?? '';

describe('routes', () => {
  it('are in tables that exist, in RouterOS 7', async () => {
    await begin();
    const [first] = await rows('/ip/route', '?routing-table=ISP2_Route');
    expect(first).toMatchObject({ gateway: '203.0.113.1', 'immediate-gw': '203.0.113.1', active: 'true' });
    const add = (table: string): Promise<string[][]> =>
      client.talk('/ip/route/add', '=gateway=198.51.100.1', '=distance=2', `=routing-table=${table}`);
    expect((await add('ISP3_Route'))[0]).toContain(
      '=message=input does not match any value of routing-table',
    );
    await client.talk('/routing/table/add', '=name=ISP3_Route', '=fib=');
    const id = idOf(await add('ISP3_Route'));
    expect(await rows('/ip/route', `?.id=${id}`)).toMatchObject([{ distance: '2', active: 'true' }]);
    sim.setLink('ISP1', false);
    const [down] = await rows('/ip/route', `?.id=${id}`);
    expect(down).toMatchObject({ inactive: 'true', 'immediate-gw': '' });
    expect(down).not.toHaveProperty('active');
    await client.talk('/ip/route/remove', `=.id=${id}`);
    expect(await rows('/ip/route', `?.id=${id}`)).toEqual([]);
  });

  it('have routing marks in RouterOS 6, which any text may be', async () => {
    await begin('6.49.10');
    expect((await client.talk('/routing/table/print'))[0]?.[0]).toBe('!trap');
    const [main, , marked] = await rows('/ip/route');
    expect(main).toMatchObject({ 'gateway-status': '198.51.100.1 reachable', active: 'true' });
    expect(main).not.toHaveProperty('routing-mark');
    expect(marked).toMatchObject({ 'routing-mark': 'ISP1_Route' });
    const refused = await client.talk('/ip/route/add', '=gateway=198.51.100.1', '=routing-table=x');
    expect(refused[0]).toContain('=message=unknown parameter routing-table');
    await client.talk('/ip/route/add', '=gateway=198.51.100.1', '=routing-mark=anything');
    expect(await rows('/ip/route', '?routing-mark=anything')).toHaveLength(1);
    const mark = ['=chain=prerouting', '=action=mark-routing', '=new-routing-mark=anything'];
    expect((await client.talk('/ip/firewall/mangle/add', ...mark))[0]?.[0]).toBe('!done');
  });
});

describe('address lists', () => {
  it('hold an entry once, and let it go after its timeout', async () => {
    await begin();
    const entry = ['=list=lb-heartbeat', '=address=192.0.2.1', '=timeout=5m'];
    await client.talk('/ip/firewall/address-list/add', ...entry);
    expect((await client.talk('/ip/firewall/address-list/add', ...entry))[0]).toContain(
      '=message=failure: already have such entry',
    );
    sim.advance(60_000);
    expect(await rows('/ip/firewall/address-list')).toMatchObject([{ timeout: '4m', dynamic: 'true' }]);
    sim.advance(240_000);
    expect(await rows('/ip/firewall/address-list')).toEqual([]);
  });

  it('keep what has no timeout until it is removed', async () => {
    await begin();
    const id = idOf(await client.talk('/ip/firewall/address-list/add', '=list=LAN', '=address=10.0.0.0/8'));
    sim.advance(3_600_000);
    expect(await rows('/ip/firewall/address-list')).toMatchObject([{ '.id': id, dynamic: 'false' }]);
    await client.talk('/ip/firewall/address-list/remove', `=.id=${id}`);
    expect(await rows('/ip/firewall/address-list')).toEqual([]);
  });
});

it('netwatch knows whether a gateway is reached; schedulers and scripts are kept', async () => {
  await begin();
  await client.talk('/tool/netwatch/add', '=host=203.0.113.1', '=down-script=:log info down');
  expect(await rows('/tool/netwatch')).toMatchObject([{ status: 'up', type: 'simple' }]);
  sim.setLink('ISP2', false);
  expect(await rows('/tool/netwatch')).toMatchObject([{ status: 'down' }]);
  await client.talk('/system/script/add', '=name=flip', '=source=/ip firewall mangle print');
  await client.talk('/system/scheduler/add', '=name=often', '=on-event=flip', '=interval=1m');
  expect(await rows('/system/script')).toMatchObject([{ name: 'flip' }]);
  expect(await rows('/system/scheduler')).toMatchObject([{ 'on-event': 'flip' }]);
});

describe('IPv6', () => {
  const IPV6_MENUS = [
    ...['/ipv6/address', '/ipv6/route', '/ipv6/dhcp-client', '/ipv6/settings'],
    ...['mangle', 'filter', 'nat', 'address-list'].map((name) => `/ipv6/firewall/${name}`),
  ];

  it('has routes and rules in the tables of RouterOS 7, and an export that shows them', async () => {
    await begin('7.14.3');
    const add = (gateway: string, distance: number, table = 'ISP2_Route'): Promise<string[][]> => {
      const words = [`=gateway=${gateway}`, `=distance=${distance}`, `=routing-table=${table}`];
      return client.talk('/ipv6/route/add', ...words);
    };
    expect((await add('fe80::1%ether1', 1, 'ISP9_Route'))[0]).toContain(
      '=message=input does not match any value of routing-table',
    );
    await add('fe80::1%ether2', 1);
    await add('fe80::1%ether1', 2);
    const active = async (): Promise<(string | undefined)[]> =>
      (await rows('/ipv6/route', '?dst-address=::/0', '?active=true')).map(({ gateway }) => gateway);
    expect(await active()).toEqual(['fe80::1%ether2']);
    sim.setLink('ISP2', false);
    expect(await active()).toEqual(['fe80::1%ether1']);

    const mark = ['=chain=prerouting', '=action=mark-routing', '=comment=steer'];
    const wrong = await client.talk('/ipv6/firewall/mangle/add', ...mark, '=new-routing-mark=x');
    expect(wrong[0]).toContain('=message=input does not match any value of new-routing-mark');
    await client.talk('/ipv6/firewall/mangle/add', ...mark, '=new-routing-mark=ISP1_Route');
    expect(await rows('/ipv6/firewall/mangle', '?comment=steer')).toMatchObject([
      { 'new-routing-mark': 'ISP1_Route', packets: '0', invalid: 'false', dynamic: 'false' },
    ]);
    const netmap = ['=chain=srcnat', '=action=netmap', '=src-address=fd00::/48'];
    const newWord = await client.talk('/ipv6/firewall/nat/add', ...netmap, '=to-address=2001:db8::/48');
    expect(newWord[0]).toContain('=message=unknown parameter to-address');
    await client.talk('/ipv6/firewall/nat/add', ...netmap, '=to-addresses=2001:db8::/48');
    expect(sim.exportText()).toContain('add action=netmap chain=srcnat src-address=fd00::/48');
    expect(sim.exportText()).toContain('add distance=2 gateway="fe80::1%ether1" routing-table=ISP2_Route');
  });

  it.each([
    ['6.49.10', '!trap'],
    ['7.20.1', '!done'],
  ])('is there or not as the version has it: %s', async (version, end) => {
    await begin(version);
    for (const menu of IPV6_MENUS) {
      const reply = await client.talk(`${menu}/print`);
      expect([menu, reply.some(([word]) => word === end)]).toEqual([menu, true]);
    }
  });
});
