import { inventorySchema, type Router } from '@fairlead/model';
import { generate, planChanges, rollbackOperations, type Operation } from '@fairlead/routeros-config';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { ConnectionLostError, type RouterosSession } from '@fairlead/routeros';
import { afterEach, describe, expect, it } from 'vitest';
import { describeSite, parseVersion } from './describe-site.ts';
import { guardState } from './guard.ts';
import { changeGuarded, type ChangeDeps, type ChangeEnd } from './guarded-change.ts';
import { sessionOpener } from './open-setup-session.ts';
import { readRouter, type RouterRead } from './read-router.ts';
import { applyCommands } from './setup-commands.ts';

const REVERT_AFTER_MS = 300_000;

/** Somebody's router: rules, a route and a user of their own among which Fairlead's have to find their place. */
const SOMEBODYS = `
/ip firewall mangle
add action=change-mss chain=forward comment="clamp \\"MSS\\" for \\$WAN" new-mss=1440 protocol=tcp
add action=mark-packet chain=forward new-packet-mark=voice passthrough=no
/ip firewall nat
add action=dst-nat chain=dstnat dst-port=443 protocol=tcp to-addresses=192.168.88.9
/ip route
add dst-address=10.9.0.0/16 gateway=192.168.88.2
/system scheduler
add interval=1d name=backup on-event="/log info backup"
`.replaceAll('new-mss=1440 ', '');

let sim: RouterSim;

afterEach(() => sim.stop());

async function begin(version: string, setup: object = {}, steering?: object): Promise<Router> {
  sim = createRouterSim({
    version,
    wans: [1, 2].map((n) => ({
      name: `ISP${n}`,
      interface: `ether${n}`,
      capacity: { rxBps: 40e6, txBps: 10e6 },
      routingMark: `to_ISP${n}`,
      gateway: `192.0.2.${n === 1 ? 1 : 65}`,
    })),
    users: [{ name: 'admin', password: 'secret', policies: ['read', 'write', 'api', 'policy'] }],
    configuration: SOMEBODYS,
    load: noLoad,
    time: 'virtual',
  });
  await sim.start();
  return routerWith(setup, steering);
}

function routerWith(setup: object, steering?: object): Router {
  const [router] = inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '127.0.0.1',
      api: {
        port: sim.ports.apiTls,
        tls: { fingerprint: sim.fingerprint256 },
        user: 'admin',
        password: 'secret',
      },
      wans: [1, 2].map((n) => ({
        name: `ISP${n}`,
        interface: `ether${n}`,
        capacity: { rx: '40M', tx: '10M' },
        routingMark: `to_ISP${n}`,
        gateway: `192.0.2.${n === 1 ? 1 : 65}`,
        probeHosts: [`198.51.100.${n}`, `203.0.113.${n}`],
        ipv6: { gateway: `fe80::1%ether${n}` },
      })),
      steering,
      setup: {
        lanNetworks: ['192.168.88.0/24'],
        telemetry: { collector: '10.0.0.5', snmpCommunity: 'watch' },
        access: { controller: '127.0.0.1', certificate: 'api' },
        ...setup,
      },
    },
  ]);
  if (!router) throw new Error('no router');
  return router;
}

/** The same without TLS, which makes many sessions quicker. */
const overPlain = (router: Router): Router => ({
  ...router,
  ...(router.api && { api: { ...router.api, port: sim.ports.api, tls: false } }),
});

const openerOf = (router: Router): (() => Promise<RouterosSession>) =>
  sessionOpener(router, { timeout: 3_000 }, applyCommands);

async function look(router: Router): Promise<{ reading: RouterRead; operations: readonly Operation[] }> {
  const session = await openerOf(router)();
  const reading = await readRouter(session);
  await session.close();
  const plan = planChanges(
    generate(describeSite(router, parseVersion(reading.version))),
    reading.configuration,
  );
  expect(plan.conflicts).toEqual([]);
  return { reading, operations: plan.operations };
}

const depsOf = (router: Router, given: Partial<ChangeDeps> = {}): ChangeDeps => ({
  open: openerOf(router),
  revertAfterMs: REVERT_AFTER_MS,
  nowMs: () => 0,
  pause: async () => undefined,
  isInterrupted: () => false,
  tell: () => undefined,
  ...given,
});

/** Sessions that are all cut when the writes are spent, as when this process is killed. */
function dyingAfter(writes: number, open: () => Promise<RouterosSession>): () => Promise<RouterosSession> {
  let left = writes;
  const opened: RouterosSession[] = [];
  const dead = (): never => {
    throw new ConnectionLostError('killed');
  };
  return async () => {
    if (left < 0) dead();
    const session = await open();
    opened.push(session);
    return {
      ...session,
      async execute(command, options) {
        const isWrite =
          !Array.isArray(command) && 'command' in command && !command.command.endsWith('/print');
        if (isWrite) left -= 1;
        if (left >= 0) return session.execute(command, options);
        await Promise.all(opened.map((each) => each.close()));
        return dead();
      },
    };
  };
}

describe('a guarded change', () => {
  it.each(
    ['7.20.1', '7.9.2', '6.49.10'].flatMap((version) =>
      (['balance', 'pcc', 'ecmp', 'nth', 'failover'] as const).map(
        (strategy) => [version, strategy] as const,
      ),
    ),
  )(
    'is whole, plans nothing again, and is taken back to the byte: RouterOS %s, %s',
    async (version, strategy) => {
      const router = await begin(version, { strategy, deadMan: strategy === 'balance' });
      const before = sim.exportText();
      const { reading, operations } = await look(router);
      expect(await changeGuarded(reading, operations, depsOf(router))).toEqual({ outcome: 'done' });
      const applied = await look(router);
      expect(applied.operations).toEqual([]);
      expect(sim.exportText()).not.toContain('fairlead-revert');
      const back = rollbackOperations(reading.configuration, operations, applied.reading.configuration);
      expect(await changeGuarded(applied.reading, back, depsOf(router))).toEqual({ outcome: 'done' });
      expect(sim.exportText()).toBe(before);
    },
  );

  it.each(['7.20.1', '6.49.10'])(
    'makes a rule for each part, leaves shares as they are set later, and takes all of it back: RouterOS %s',
    async (version) => {
      const shared = { strategy: 'pcc', deadMan: true };
      const router = await begin(version, shared, { policy: { kind: 'weights' } });
      const before = sim.exportText();
      const { reading, operations } = await look(router);
      expect(await changeGuarded(reading, operations, depsOf(router))).toEqual({ outcome: 'done' });
      const rules = sim.config.mangle
        .items()
        .filter(({ properties }) => /^Load-Balancing here 10\/\d$/.test(properties['comment'] ?? ''));
      expect(rules).toHaveLength(10);
      sim.config.mangle.set(rules[0]?.id ?? '', { 'new-routing-mark': 'to_ISP2' });
      const applied = await look(router);
      expect(applied.operations).toEqual([]);
      const back = rollbackOperations(reading.configuration, operations, applied.reading.configuration);
      expect(await changeGuarded(applied.reading, back, depsOf(router))).toEqual({ outcome: 'done' });
      expect(sim.exportText()).toBe(before);
    },
  );

  it.each(['7.20.1', '6.49.10'])(
    'killed at any step is undone by the router in its time: RouterOS %s',
    async (version) => {
      const router = overPlain(await begin(version, { deadMan: true, access: undefined }));
      const before = sim.exportText();
      const { reading, operations } = await look(router);
      const ends: ChangeEnd['outcome'][] = [];
      let halfDone = 0;
      for (let writes = 1; ends.at(-1) !== 'done'; writes += 1) {
        const open = dyingAfter(writes, openerOf(router));
        const end = await changeGuarded(reading, operations, depsOf(router, { open }));
        ends.push(end.outcome);
        const isRemoved = sim.config.scheduler
          .items()
          .every(({ properties }) => properties['name'] !== 'fairlead-revert');
        if (withoutScript(sim.exportText()) !== before) halfDone += 1;
        sim.advance(REVERT_AFTER_MS + 1_000);
        const { operations: left } = await look(router);
        // From the moment on in which its timer is gone, the change stays.
        if (writes > 3 && isRemoved) expect(left).toEqual([]);
        else expect(withoutScript(sim.exportText())).toBe(before);
        if (left.length === 0) break;
      }
      expect(halfDone).toBeGreaterThan(operations.length);
    },
    60_000,
  );

  it('is undone by a boot too, before its time', async () => {
    const router = await begin('7.20.1');
    const before = sim.exportText();
    const { reading, operations } = await look(router);
    const open = dyingAfter(20, openerOf(router));
    expect((await changeGuarded(reading, operations, depsOf(router, { open }))).outcome).toBe(
      'left-to-router',
    );
    expect(sim.exportText()).not.toBe(before);
    sim.reboot();
    sim.advance(4_000);
    expect(sim.exportText()).toBe(before);
  });

  it.each<[string, (sim: RouterSim) => void]>([
    ['refused', ({ faults }) => (faults.trap = 'failure: no space left')],
    ['cut in the middle of its answer', ({ faults }) => (faults.closeMidReply = true)],
    ['answered by !fatal', ({ faults }) => (faults.fatal = 'out of memory')],
  ])('is undone at once where a command is %s', async (_, breakIt) => {
    const router = await begin('7.20.1');
    const before = sim.exportText();
    const { reading, operations } = await look(router);
    sim.faults.appliesTo = (command) => command === '/ip/firewall/nat/add';
    breakIt(sim);
    const end = await changeGuarded(reading, operations, depsOf(router));
    expect(end.outcome).toBe('restored');
    expect(sim.exportText()).toBe(before);
  });

  it('is undone where it would lock out whoever makes it', async () => {
    const router = await begin('7.20.1', { access: { controller: '10.0.0.5', certificate: 'api' } });
    const before = sim.exportText();
    const { reading, operations } = await look(router);
    const end = await changeGuarded(reading, operations, depsOf(router));
    expect(end).toMatchObject({ outcome: 'restored' });
    expect(sim.exportText()).toBe(before);
  });

  it('is undone where the router is too slow for its own time', async () => {
    const router = await begin('7.20.1');
    const before = sim.exportText();
    const { reading, operations } = await look(router);
    let nowMs = 0;
    const end = await changeGuarded(reading, operations, depsOf(router, { nowMs: () => (nowMs += 10_000) }));
    expect(end).toMatchObject({
      outcome: 'restored',
      reason: expect.stringContaining('too slowly') as string,
    });
    expect(sim.exportText()).toBe(before);
  });

  it('is undone where whoever makes it presses Ctrl-C', async () => {
    const router = await begin('7.20.1');
    const before = sim.exportText();
    const { reading, operations } = await look(router);
    const isInterrupted = (): boolean => sim.config.mangle.items().length > 5;
    expect(await changeGuarded(reading, operations, depsOf(router, { isInterrupted }))).toEqual({
      outcome: 'restored',
      reason: 'interrupted',
    });
    expect(sim.exportText()).toBe(before);
  });

  it('is undone where somebody edits a rule meanwhile', async () => {
    const router = await begin('7.20.1');
    const { reading, operations } = await look(router);
    const end = await changeGuarded(
      reading,
      operations,
      depsOf(router, {
        tell(step) {
          if (step.includes('each read back'))
            sim.runScript('/ip firewall mangle set [find comment="fairlead:new"] disabled=yes');
        },
      }),
    );
    expect(end).toMatchObject({ outcome: 'restored' });
    expect(sim.config.mangle.items()).toHaveLength(2);
  });

  it('leaves what others changed in between when it is taken back', async () => {
    const router = await begin('7.20.1');
    const { reading, operations } = await look(router);
    await changeGuarded(reading, operations, depsOf(router));
    sim.runScript(`/ip firewall mangle add action=log chain=forward comment=mine place-before=([/ip firewall mangle find]->3)
/ip firewall mangle remove [find comment="fairlead:back-ISP1"]`);
    const { reading: now } = await look(router);
    const back = rollbackOperations(reading.configuration, operations, now.configuration);
    expect(await changeGuarded(now, back, depsOf(router))).toEqual({ outcome: 'done' });
    expect(sim.config.mangle.items().map(({ properties }) => properties['comment'])).toEqual([
      'clamp "MSS" for $WAN',
      undefined,
      'mine',
    ]);
  });

  it('goes from one strategy to another and back, around edits of people, to the byte', async () => {
    const router = await begin('7.20.1', { strategy: 'pcc', deadMan: false });
    const first = await look(router);
    await changeGuarded(first.reading, first.operations, depsOf(router));
    sim.runScript(`/ip firewall mangle set [find comment="fairlead:pcc-1"] protocol=udp
/ip firewall mangle move [find comment="fairlead:connected"]
/ip firewall nat remove [find comment="fairlead:nat-ISP2"]`);
    const before = sim.exportText();
    const other = routerWith({ strategy: 'nth' });
    const { reading, operations } = await look(other);
    const kinds = new Set(operations.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['add', 'move', 'remove']);
    // Killed at the end, undone by the router; then done, and taken back by us.
    const open = dyingAfter(3 + operations.length, openerOf(other));
    await changeGuarded(reading, operations, depsOf(other, { open }));
    sim.advance(REVERT_AFTER_MS + 1_000);
    expect(sim.exportText()).toBe(before);
    const again = await look(other);
    expect(await changeGuarded(again.reading, again.operations, depsOf(other))).toEqual({ outcome: 'done' });
    const applied = await look(other);
    expect(applied.operations).toEqual([]);
    const back = rollbackOperations(
      again.reading.configuration,
      again.operations,
      applied.reading.configuration,
    );
    expect(await changeGuarded(applied.reading, back, depsOf(other))).toEqual({ outcome: 'done' });
    expect(sim.exportText()).toBe(before);
  });

  it('has the rules of IPv6 where that is switched on, and is taken back to the byte', async () => {
    const ipv6 = { translation: 'masquerade' };
    const setup = { deadMan: true, ipv6: { lanNetworks: ['fd00:1::/48'] } };
    const router = await begin('7.20.1', setup, { ipv6 });
    sim.runScript('/ipv6 firewall mangle add action=log chain=forward comment=mine');
    const before = sim.exportText();
    const first = await look(router);
    // Killed at the end, undone by the router; then done.
    const open = dyingAfter(3 + first.operations.length, openerOf(router));
    await changeGuarded(first.reading, first.operations, depsOf(router, { open }));
    expect(sim.exportText()).not.toBe(before);
    sim.advance(REVERT_AFTER_MS + 1_000);
    expect(sim.exportText()).toBe(before);
    const { reading, operations } = await look(router);
    expect(await changeGuarded(reading, operations, depsOf(router))).toEqual({ outcome: 'done' });
    const applied = await look(router);
    expect(applied.operations).toEqual([]);
    expect(sim.exportText()).toContain(
      'add action=masquerade chain=srcnat comment=fairlead:nat-ISP2-1 out-interface=ether2 src-address=fd00:1::/48',
    );
    sim.runScript('/ipv6 firewall mangle set [find comment="Load-Balancing here"] new-routing-mark=to_ISP2');
    // What is steered is no difference, and the dead man sets it back.
    expect((await look(router)).operations).toEqual([]);
    sim.advance(61_000);
    expect(sim.exportText()).not.toMatch(/Load-Balancing here.*new-routing-mark=to_ISP2/);

    const off = await look(routerWith({ deadMan: true }));
    expect(off.operations.filter(({ kind }) => kind !== 'remove')).toMatchObject([
      { kind: 'change', menu: '/system scheduler' },
    ]);
    const back = rollbackOperations(reading.configuration, operations, applied.reading.configuration);
    expect(await changeGuarded(applied.reading, back, depsOf(router))).toEqual({ outcome: 'done' });
    expect(sim.exportText()).toBe(before);
  });

  it.each(['6.49.17', '7.20.1'])(
    'writes nothing of IPv6 that is left alone: RouterOS %s',
    async (version) => {
      const router = await begin(version, { deadMan: true });
      const { reading, operations } = await look(router);
      expect(await changeGuarded(reading, operations, depsOf(router))).toEqual({ outcome: 'done' });
      const commands = sim.received.map(({ words: [command = ''] }) => command);
      expect(commands.filter((command) => /^\/ipv6\/(?!.*\/print$)/.test(command))).toEqual([]);
      expect(
        sim.received.some(({ words }) => words.some((word) => /mangle.*ipv6|ipv6.*mangle set/.test(word))),
      ).toBe(false);
    },
  );

  it('refuses IPv6 on RouterOS 6', async () => {
    const setup = { ipv6: { lanNetworks: ['fd00:1::/48'] } };
    const router = await begin('6.49.17', setup, { ipv6: { translation: 'masquerade' } });
    await expect(look(router)).rejects.toThrow('gw1: RouterOS 6 cannot steer IPv6');
  });

  it('shows while it is armed, and clears what an interrupted one has left', async () => {
    const router = await begin('7.20.1');
    const { reading, operations } = await look(router);
    const open = dyingAfter(5, openerOf(router));
    await changeGuarded(reading, operations, depsOf(router, { open }));
    const session = await openerOf(router)();
    expect(await guardState(session)).toBe('armed');
    sim.advance(REVERT_AFTER_MS + 1_000);
    expect(await guardState(session)).toBe('none');
    await session.close();
  });
});

/** A script that nothing runs is what a kill leaves before the timer was made. */
const withoutScript = (text: string): string =>
  text.replace(/\/system script\nadd .*name=fairlead-revert.*\n/, '');
