import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { requirement } from '@fairlead/testkit';
import fc from 'fast-check';
import snmp from 'net-snmp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steadyLoad } from '../load.ts';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { answerSnmp } from './answer.ts';
import { encodeElement, encodeOid, encodeWhole, tags } from './ber.ts';
import { createMib } from './mib.ts';

const run = promisify(execFile);
const need = requirement('snmpwalk', 'snmpbulkwalk', 'snmpget');
const IF_TABLE = '1.3.6.1.2.1.2.2';
const IF_X_TABLE = '1.3.6.1.2.1.31.1.1';
const HC_IN = '1.3.6.1.2.1.31.1.1.1.6';

/** A walk that reaches the end of everything says so in a line of its own. */
const isValue = (line: string): boolean => !line.includes('No more variables left');

describe('SNMP agent', () => {
  let sim: RouterSim;
  beforeEach(async () => {
    sim = createRouterSim({
      ...dualWan,
      load: steadyLoad(20e6),
      snmpCommunity: 'fairlead',
      firstCounterValue: 2n ** 63n,
    });
    await sim.start();
    sim.advance(5_000);
  });
  afterEach(() => sim.stop());

  /** Lines of a Net-SNMP tool, `OID = TYPE: VALUE`, numeric. */
  async function netSnmp(tool: string, ...args: string[]): Promise<string[]> {
    const { stdout } = await run(tool, [
      '-v2c',
      '-c',
      'fairlead',
      '-On',
      '-r0',
      '-t2',
      `udp:127.0.0.1:${sim.ports.snmp}`,
      ...args,
    ]);
    return stdout.trim().split('\n');
  }

  it('answers snmpget with what the kernel counted', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const { rxBytes = 0n, txBytes = 0n } = sim.kernel.interfaces()[0] ?? {};
    expect(rxBytes).toBeGreaterThan(2n ** 63n);
    const system = '1.3.6.1.2.1.1';
    const lines = await netSnmp(
      'snmpget',
      `${system}.1.0`,
      `${system}.2.0`,
      `${system}.3.0`,
      `${system}.5.0`,
      `${HC_IN}.1`,
      `${IF_TABLE}.1.16.1`,
      `${HC_IN}.99`,
      '1.3.6.1.2.1.99.1.0',
    );
    expect(lines).toEqual([
      `.${system}.1.0 = STRING: "RouterOS RB5009UG+S+"`,
      `.${system}.2.0 = OID: .1.3.6.1.4.1.14988.1`,
      `.${system}.3.0 = Timeticks: (500) 0:00:05.00`,
      `.${system}.5.0 = STRING: "gw1"`,
      `.${HC_IN}.1 = Counter64: ${rxBytes}`,
      `.${IF_TABLE}.1.16.1 = Counter32: ${BigInt.asUintN(32, txBytes)}`,
      `.${HC_IN}.99 = No Such Instance currently exists at this OID`,
      '.1.3.6.1.2.1.99.1.0 = No Such Object available on this agent at this OID',
    ]);
  });

  it('is walked to the same end by GETNEXT and by GETBULK', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    for (const [root, columns] of [
      [IF_TABLE, 16],
      [IF_X_TABLE, 7],
    ] as const) {
      const walked = (await netSnmp('snmpwalk', root)).filter(isValue);
      expect(walked).toHaveLength(columns * 3);
      expect((await netSnmp('snmpbulkwalk', '-Cr25', root)).filter(isValue)).toEqual(walked);
    }
    const everything = await netSnmp('snmpbulkwalk', '-Cr100', '1.3.6.1');
    expect(everything.at(-1)).toMatch(/No more variables left in this MIB View/);
  });

  it('is silent to a wrong community', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const wrong = run('snmpget', [
      '-v2c',
      '-c',
      'public',
      '-r0',
      '-t1',
      `udp:127.0.0.1:${sim.ports.snmp}`,
      `${HC_IN}.1`,
    ]);
    await expect(wrong).rejects.toThrow(/Timeout/);
  });

  it('answers a library as well', async () => {
    const session = snmp.createSession('127.0.0.1', 'fairlead', {
      port: sim.ports.snmp,
      version: snmp.Version2c,
    });
    const varbinds = await new Promise<{ oid: string; value: unknown }[]>((resolve, reject) => {
      session.get(
        ['1.3.6.1.2.1.31.1.1.1.1.2', '1.3.6.1.2.1.31.1.1.1.18.2', `${IF_TABLE}.1.8.2`],
        (error, found) => {
          if (error) reject(error);
          else resolve((found ?? []) as { oid: string; value: unknown }[]);
        },
      );
    });
    session.close();
    expect(varbinds.map(({ value }) => String(value))).toEqual(['ether2', 'ISP2', '1']);
  });

  it('survives any bytes, and answers none of them', () => {
    const mib = createMib({ kernel: sim.kernel, identity: 'gw1', boardName: 'x', interfaceComments: {} });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(answerSnmp(bytes, mib, 'fairlead')).toBeUndefined();
      }),
    );
  });

  it('survives a request with any byte changed', () => {
    const mib = createMib({ kernel: sim.kernel, identity: 'gw1', boardName: 'x', interfaceComments: {} });
    const whole = (value: number): Buffer => encodeWhole(tags.integer, value);
    const ask = (...oid: number[]): Buffer =>
      encodeElement(tags.sequence, encodeOid(oid), encodeElement(tags.null));
    const names = encodeElement(
      tags.sequence,
      ask(1, 3, 6, 1, 2, 1, 1, 3),
      ask(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6),
    );
    const request = encodeElement(
      tags.sequence,
      whole(1),
      encodeElement(tags.octetString, Buffer.from('fairlead')),
      encodeElement(0xa5, whole(70_000), whole(1), whole(10), names),
    );
    expect(answerSnmp(request, mib, 'fairlead')).toBeDefined();
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.nat(255), (at, value) => {
        const broken = Buffer.from(request);
        broken[at] = value;
        answerSnmp(broken, mib, 'fairlead');
      }),
    );
  });
});
