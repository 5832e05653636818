import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySite, disturbed, site, strategies, wan } from '../testing/sites.ts';
import {
  applyOperations,
  generate,
  invertOperations,
  planChanges,
  readConfiguration,
  readScript,
  showOperations,
  type Configuration,
  type SiteDescription,
} from './index.ts';

const nothing: Configuration = { lists: new Map(), settings: new Map() };

const configured = (of: SiteDescription): Configuration =>
  applyOperations(nothing, planChanges(generate(of), nothing).operations);

const read = (text: string): Configuration => {
  const { configuration, problems } = readConfiguration(readScript(text));
  expect(problems).toEqual([]);
  return configuration;
};

const isForeign = (menu: string) => (object: Readonly<Record<string, string>>) =>
  /^\/ip(?:v6)? /.test(menu) &&
  menu !== '/ip traffic-flow target' &&
  !(object['comment'] ?? '').startsWith('fairlead:') &&
  !/^Load-Balancing here( 5\/\d)?$/.test(object['comment'] ?? '');

describe('a plan', () => {
  it('is empty after it was applied, is undone exactly, and leaves what is not ours', () => {
    const anyCase = fc
      .constantFrom<6 | 7>(6, 7)
      .chain((major) =>
        fc
          .tuple(anySite(major), anySite(major))
          .chain(([before, after]) => fc.tuple(disturbed(configured(before)), fc.constant(after))),
      );
    fc.assert(
      fc.property(anyCase, ([current, after]) => {
        const desired = generate(after);
        const { operations, conflicts } = planChanges(desired, current);
        expect(conflicts).toEqual([]);
        const applied = applyOperations(current, operations);
        expect(planChanges(desired, applied).operations).toEqual([]);
        expect(applyOperations(applied, invertOperations(operations))).toEqual(current);
        for (const [menu, list] of current.lists) {
          expect((applied.lists.get(menu) ?? []).filter(isForeign(menu))).toEqual(
            list.filter(isForeign(menu)),
          );
        }
        expect(readScript(showOperations(current, operations)).problems).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it.each([6, 7] as const)(
    'makes all of it from nothing, and RouterOS %s text of it means the same',
    (major) => {
      const shared = { strategy: 'pcc', parts: 5, deadMan: true } as const;
      for (const given of [shared, ...strategies.map((strategy) => ({ strategy }))]) {
        const desired = generate(site({ ...given, routerOs: { major, minor: 20 } }));
        const { operations, conflicts } = planChanges(desired, nothing);
        expect(conflicts).toEqual([]);
        const fromText = read(showOperations(nothing, operations));
        expect(fromText).toEqual(configured(desired.site));
        expect(planChanges(desired, fromText).operations).toEqual([]);
      }
    },
  );

  it('brings mangle rules into their order around those of others', () => {
    const desired = generate(site());
    const clean = configured(desired.site);
    const rules = [...(clean.lists.get('/ip firewall mangle') ?? [])].toReversed();
    const other = { chain: 'forward', comment: 'mine' };
    const current = {
      ...clean,
      lists: new Map(clean.lists).set('/ip firewall mangle', [
        ...rules.slice(0, 3),
        other,
        ...rules.slice(3),
      ]),
    };
    const { operations } = planChanges(desired, current);
    const after = applyOperations(current, operations).lists.get('/ip firewall mangle') ?? [];
    expect(after.filter((rule) => rule !== other)).toEqual(clean.lists.get('/ip firewall mangle'));
    expect(after).toContain(other);
  });

  it('lets the steering rule point where the actuator has set it, and mends it if that is nowhere', () => {
    const desired = generate(site());
    const with_ = (mark: string): Configuration => {
      const clean = configured(desired.site);
      const rules = (clean.lists.get('/ip firewall mangle') ?? []).map((rule) =>
        rule['comment'] === 'Load-Balancing here' ? { ...rule, 'new-routing-mark': mark } : rule,
      );
      return { ...clean, lists: new Map(clean.lists).set('/ip firewall mangle', rules) };
    };
    expect(planChanges(desired, with_('to_ISP2')).operations).toEqual([]);
    const elsewhere = with_('to_nowhere');
    expect(showOperations(elsewhere, planChanges(desired, elsewhere).operations)).toBe(
      '/ip firewall mangle\n# now: new-routing-mark=to_nowhere\nset [find comment="Load-Balancing here"] new-routing-mark=to_ISP1\n',
    );
  });

  it.each([
    [
      'fasttrack',
      '/ip firewall filter add action=fasttrack-connection chain=forward connection-state=established',
    ],
    ['hotspot-with-pcc', '/ip hotspot add interface=bridge name=hotspot1'],
    [
      'doubled-object',
      '/ip firewall mangle\nadd chain=input comment=fairlead:in-ISP1\nadd chain=input comment=fairlead:in-ISP1',
    ],
    ['missing-table', '/routing table add name=to_ISP2'],
    ['missing-table', '/routing table add disabled=yes fib name=to_ISP2'],
    ['missing-interface', '/interface ethernet set [ find default-name=ether2 ] name=second'],
    ['missing-interface', '/interface ethernet set ether2 name=second'],
    ['foreign-steering', '/ip firewall mangle add action=mark-routing chain=prerouting new-routing-mark=x'],
    [
      'foreign-steering',
      '/tool traffic-monitor add name=LB1 on-event="/ip firewall mangle set [find] new-routing-mark=ISP2"',
    ],
    ['foreign-default-route', '/ip route add distance=1 gateway=192.0.2.9'],
    ['foreign-default-route', '/ip dhcp-client add interface=ether1'],
    ['foreign-default-route', '/interface pppoe-client add add-default-route=yes name=pppoe-out1'],
  ])('is refused: %s', (name, text) => {
    const { conflicts, operations } = planChanges(generate(site({ strategy: 'pcc' })), read(text));
    expect([...new Set(conflicts.map((conflict) => conflict.name))]).toEqual([name]);
    expect(operations).toEqual([]);
  });

  it.each([
    '/ip firewall filter add action=fasttrack-connection chain=forward connection-mark=no-mark',
    '/ip firewall filter add action=fasttrack-connection chain=forward disabled=yes',
    '/routing table add fib name=to_ISP2',
    '/interface ethernet set [ find default-name=ether2 ] comment=second',
    '/ip route add distance=9 gateway=192.0.2.9',
    '/ip dhcp-client add add-default-route=no interface=ether1',
    '/ip dhcp-client add default-route-distance=9 interface=ether1',
    '/interface pppoe-client add name=pppoe-out1',
  ])('is not refused: %s', (text) => {
    expect(planChanges(generate(site({ strategy: 'pcc' })), read(text)).conflicts).toEqual([]);
  });

  it('shows what stands in the way without its secrets', () => {
    const text = `/interface pppoe-client add add-default-route=yes name=pppoe-out1 password=s3cret user=me
/system script add name=flip source="/ip firewall mangle set [find] new-routing-mark=x # s3cret"`;
    const { conflicts } = planChanges(generate(site()), read(text));
    expect(conflicts.map(({ object }) => object)).toEqual([
      '/system script add name=flip source=...',
      '/interface pppoe-client add add-default-route=yes name=pppoe-out1 password=... user=me',
    ]);
  });

  it('takes time in proportion to what a router has', () => {
    const lines = Array.from(
      { length: 50_000 },
      (_, n) => `add address=10.${n >> 8}.${n & 255}.0/24 list=blocked`,
    );
    const current = read(`/ip firewall address-list\n${lines.join('\n')}`);
    expect(planChanges(generate(site()), current).operations.length).toBeGreaterThan(40);
  });

  it('uses a table that is there, and asks for an interface by its name', () => {
    const current = read('/routing table add fib name=to_ISP2');
    const text = showOperations(current, planChanges(generate(site()), current).operations);
    expect(text).toContain('name=to_ISP1');
    expect(text).not.toContain('name=to_ISP2');
    const pppoe = generate(site({ wans: [wan(1, { interface: 'pppoe-out1' }), wan(2)] }));
    expect(planChanges(pppoe, nothing).conflicts.map(({ name }) => name)).toEqual(['missing-interface']);
  });
});
