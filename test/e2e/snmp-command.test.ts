import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { openTableAgent, type TableAgent } from '@fairlead/snmp/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let agent: TableAgent;

beforeEach(async () => {
  agent = await openTableAgent([
    { oid: '1.3.6.1.2.1.1.3.0', tag: 67, value: 4_242n },
    { oid: '1.3.6.1.2.1.2.2.1.2.1', tag: 4, value: Buffer.from('eth0\0\0') },
    { oid: '1.3.6.1.2.1.2.2.1.10.1', tag: 65, value: 7n },
    { oid: '1.3.6.1.2.1.2.2.1.16.1', tag: 65, value: 2n ** 32n - 1n },
    { oid: '1.3.6.1.2.1.25.3.3.1.2.1', tag: 2, value: 21n },
  ]);
});
afterEach(() => agent.close());

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = [resolve(root, 'services/fairlead/src/main.ts'), 'snmp', ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)('node', ['--import', 'tsx', ...program], {
      cwd: root,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('fairlead snmp', () => {
  it('prints what an agent without ifXTable has, and leaves out what it has not', async () => {
    const { code, stdout, stderr } = await run('127.0.0.1', '--port', String(agent.port));
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        kind: 'interface',
        ifIndex: 1,
        name: 'eth0',
        rxBytes: 7,
        txBytes: 4_294_967_295,
        counterBits: 32,
      },
      {
        kind: 'sensor',
        metric: 'processor_load_percent',
        sensor: '1',
        value: 21,
        oid: '1.3.6.1.2.1.25.3.3.1.2.1',
      },
    ]);
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      interfaces: 1,
      sensors: 1,
      upTimeMs: 42_420,
    });
    expect(code).toBe(0);
  });

  it('fails with the reason when there is no answer', async () => {
    agent.silent = true;
    const { code, stdout, stderr } = await run('127.0.0.1', '--port', String(agent.port), '--timeout', '100');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('no answer');
  });
});
