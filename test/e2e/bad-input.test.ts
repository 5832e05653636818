import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { runFairlead } from './support/fairlead-process.ts';

describe('bad input on the command line', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });
  const check = async (text: string): Promise<{ exitCode: number | string; stderr: string }> => {
    writeFileSync(join(folder.path, 'f.yaml'), text);
    const { exitCode, stderr } = await runFairlead(['config', 'check', 'f.yaml'], { cwd: folder.path });
    return { exitCode, stderr };
  };

  it('an unknown key: where, what, and what would be right', async () => {
    expect(await check('http:\n  prot: 8080\n')).toEqual({
      exitCode: 2,
      stderr: 'f.yaml:2:3: http: unknown key "prot"; did you mean "port"?\n',
    });
  });

  it('a wrong type', async () => {
    expect(await check('http:\n  port: many\n')).toEqual({
      exitCode: 2,
      stderr: 'f.yaml:2:9: http.port: expected a number, found text\n',
    });
  });

  it('a missing environment variable', async () => {
    const { exitCode, stderr } = await check(
      'routers:\n  - name: gw1\n    site: s\n    address: 192.0.2.1\n    snmp: { community: "${NOT_SET_ANYWHERE}" }\n    wans: []\n',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'f.yaml:5:24: environment variable NOT_SET_ANYWHERE is not set; set it, or write the value here\n',
    );
  });

  it('a file that is not there', async () => {
    const { exitCode, stderr } = await runFairlead(['run', '--config', 'nowhere.yaml'], { cwd: folder.path });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'nowhere.yaml:1:1: cannot read the configuration: there is no such file\n',
    });
  });

  it('a command and an option that do not exist', async () => {
    expect(await runFairlead(['dmeo'])).toMatchObject({ exitCode: 2 });
    expect(await runFairlead(['demo', '--prot', '1'])).toMatchObject({ exitCode: 2 });
    expect(await runFairlead(['demo', '--port', 'http'])).toMatchObject({ exitCode: 2 });
  });

  it('an unknown service', async () => {
    writeFileSync(join(folder.path, 'empty.yaml'), '');
    const { exitCode, stderr } = await runFairlead(
      ['run', '--config', 'empty.yaml', '--services', 'netflow'],
      {
        cwd: folder.path,
      },
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/unknown service "netflow"; known: clickhouse-writer/);
  });

  it('a data directory that cannot be made', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    const { exitCode, stderr } = await runFairlead(['demo', '--data-directory', 'file/demo'], {
      cwd: folder.path,
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(
        /cannot make file\/demo: there is a file in its way; name another/,
      ) as string,
    });
  });

  it('SQL where there is no data', async () => {
    const { exitCode, stderr } = await runFairlead(['sql', 'SELECT 1'], { cwd: folder.path });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/no data here yet/);
  });

  it('--help, at every level', async () => {
    const levels = [[], ['demo'], ['run'], ['config'], ['config', 'check'], ['sql'], ['tap']];
    for (const { exitCode, stdout } of await Promise.all(
      levels.map((args) => runFairlead([...args, '--help'])),
    )) {
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Usage: fairlead');
    }
  });
});
