import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { steadyLoad } from './load.ts';
import type { SyslogTarget } from './options.ts';
import { createRouterSim } from './router-sim.ts';
import { dualWan } from './testing/dual-wan.ts';
import { openRawClient } from './testing/raw-client.ts';

describe('router-sim', () => {
  it('stops before it starts, and twice', async () => {
    const sim = createRouterSim(dualWan);
    await sim.stop();
    await sim.start();
    expect(Object.values(sim.ports).every((port) => port > 0)).toBe(true);
    expect(sim.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    await sim.stop();
    await sim.stop();
  });

  it('says that a port is taken, and leaves nothing open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sim = createRouterSim({ ...dualWan, ports: { apiTls: port } });
    await expect(sim.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(sim.ports).toEqual({ api: 0, apiTls: 0, snmp: 0 });
    taken.close();
  });

  it('runs by itself in real time', async () => {
    const sim = createRouterSim({ ...dualWan, time: 'real', load: steadyLoad(40e6), tickMs: 10 });
    await sim.start();
    await until('bytes', () => (sim.kernel.interfaces()[0]?.rxBytes ?? 0n) > 10_000n);
    await sim.stop();
  });

  it('wants two to eight WANs', () => {
    expect(() => createRouterSim({ ...dualWan, wans: dualWan.wans.slice(0, 1) })).toThrow(RangeError);
    expect(() => createRouterSim(dualWan).setLink('ISP3', false)).toThrow(RangeError);
  });
});

describe('syslog of the router', () => {
  /** The lines that a router sends about a login, a changed rule and a link that goes down and up. */
  async function lines(format: SyslogTarget['format']): Promise<string[]> {
    const receiver = createSocket('udp4');
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const received: string[] = [];
    receiver.on('message', (message) => void received.push(message.toString('utf8')));
    const sim = createRouterSim({
      ...dualWan,
      clock: { nowMs: () => Date.UTC(2026, 9, 2, 17, 36, 35), monotonicMs: () => 0 },
      syslog: { host: '127.0.0.1', port: receiver.address().port, format },
    });
    await sim.start();
    const client = await openRawClient(sim.ports.api);
    await client.talk('/login', '=name=lbctl', '=password=wrong');
    await client.talk('/login', '=name=lbctl', '=password=secret');
    await client.talk('/ip/firewall/mangle/set', '=.id=*B', '=new-routing-mark=ISP2_Route');
    sim.setLink('ISP1', false);
    sim.setLink('ISP1', true);
    sim.advance(60_000);
    await until('a dropped packet', () => received.some((line) => line.includes('drop-in')));
    client.close();
    await sim.stop();
    receiver.close();
    return received;
  }

  it('is topics and text by default', async () => {
    const received = await lines('default');
    expect(received.slice(0, 6)).toEqual([
      'system,info router rebooted',
      'system,error,critical login failure for user lbctl from 127.0.0.1 via api',
      'system,info,account user lbctl logged in from 127.0.0.1 via api',
      'system,info mangle rule changed by lbctl',
      'interface,info ether1 link down',
      'interface,info ether1 link up (speed 1G, full duplex)',
    ]);
    expect(received[6]).toMatch(
      /^firewall,info drop-in input: in:ether[12] out:\(unknown 0\), connection-state:new src-mac [0-9a-f:]{17}, proto TCP \(SYN\), [\d.]+:\d+->[\d.]+:\d+, len 40$/,
    );
  });

  it('is RFC 3164 with a priority and without topics as bsd-syslog', async () => {
    const received = await lines('bsd');
    expect(received[1]).toBe('<27>Oct  2 17:36:35 gw1 login failure for user lbctl from 127.0.0.1 via api');
    expect(received[3]).toBe('<30>Oct  2 17:36:35 gw1 mangle rule changed by lbctl');
  });
});
