import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';

let sim: RouterSim;

beforeEach(() => {
  sim = createRouterSim({ ...dualWan, configuration: '' });
});
afterEach(() => sim.stop());

const comments = (): (string | undefined)[] =>
  sim.config.mangle.items().map(({ properties }) => properties['comment']);

const MENU = '/ip firewall mangle';

describe('a script', () => {
  it('adds, sets, unsets, moves and removes what its conditions find', () => {
    sim.runScript(`${MENU}
add chain=forward action=accept comment=one protocol=tcp
add chain=forward action=accept comment="two \\"2\\"" place-before=[find comment=one]
add chain=forward action=accept comment=three disabled=yes
set [find comment=one] !protocol log=yes
move [find comment=one] destination=([find]->0)
remove [find disabled]
remove [find comment~"^nothing" chain=forward]`);
    expect(comments()).toEqual(['one', 'two "2"']);
    expect(sim.config.mangle.items()[0]?.properties).not.toHaveProperty('protocol');
  });

  it('asks first, and goes on after what fails', () => {
    sim.runScript(`
:if ([:len [${MENU} find comment="one"]] = 0) do={${MENU} add chain=forward comment=one}
:if ([:len [${MENU} find comment="one"]] = 0) do={${MENU} add chain=forward comment=one} else={${MENU} add chain=forward comment=two}
:if ([${MENU} get ([${MENU} find where !dynamic]->1) comment] != "two" || 1 > 2) do={${MENU} add chain=forward comment=wrong}
:do {${MENU} add chain=forward no-such=property} on-error={${MENU} add chain=forward comment=caught}`);
    expect(comments()).toEqual(['one', 'two', 'caught']);
    expect(() => sim.runScript(`${MENU} remove ([find]->9)\n${MENU} add chain=forward`)).toThrow(
      'no such item',
    );
    expect(comments()).toHaveLength(3);
  });

  it('does nothing at all when any of it does not parse', () => {
    expect(() => sim.runScript(`${MENU} add chain=forward comment=one\n${MENU} add comment=)`)).toThrow(
      'line 2',
    );
    expect(comments()).toEqual([]);
  });

  it('runs when its scheduler says so, by name or as text, and at a boot', () => {
    sim.runScript(`/system script add name=mark source="${MENU} add chain=forward comment=script"
/system scheduler add name=a interval=1m on-event=mark
/system scheduler add name=b start-time=startup interval=0s on-event="${MENU} add chain=forward comment=boot"
/system scheduler add name=c interval=1m disabled=yes on-event=mark`);
    sim.advance(59_000);
    expect(comments()).toEqual([]);
    sim.advance(2_000);
    sim.advance(60_000);
    expect(comments()).toEqual(['script', 'script']);
    sim.reboot();
    sim.advance(4_000);
    expect(comments()).toEqual(['script', 'script', 'boot']);
  });

  it('is what an export is: run on nothing it gives the same again', () => {
    sim.runScript(`${MENU} add chain=prerouting action=mark-connection new-connection-mark=a passthrough=no comment="a \\$b \\\\ ?"
/routing table add fib name=to_ISP1
/ip route add gateway=198.51.100.1 routing-table=to_ISP1 check-gateway=ping
/ip firewall address-list add list=lan address=192.168.88.0/24
/ip firewall address-list add list=short address=10.0.0.1 timeout=1m
/ip service set api disabled=yes
/snmp set enabled=yes location="behind the door"`);
    const text = sim.exportText();
    expect(text).not.toContain('list=short');
    const again = createRouterSim({
      ...dualWan,
      configuration: text.replaceAll(
        /^add .*name=(?:api|public|memory|echo|read|full|admin)\b.*\n|^add .*topics=.*\n/gm,
        '',
      ),
    });
    expect(again.exportText()).toBe(text);
  });
});
