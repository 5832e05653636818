import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';

export interface Snmpd {
  readonly port: number;
  /**
   * Starts it again on the same port: its clocks begin anew.
   * @param memory what becomes of what it remembers over a restart, its engine id and how often it has started
   */
  restart(memory?: 'kept' | 'boots-lost' | 'lost'): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's snmpd on loopback with these lines of configuration. Ask `requirement('snmpd')` first. */
export async function startSnmpd(lines: readonly string[]): Promise<Snmpd> {
  const folder = temporaryFolder();
  const state = join(folder.path, 'state');
  const port = await freeUdpPort();
  const config = join(folder.path, 'agent.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const remembered = join(state, 'snmpd.conf');
  const start = async () => {
    // Without -C it would read the configuration of the machine; with it, it reads what it remembers only when it is told to.
    const files = existsSync(remembered) ? `${config},${remembered}` : config;
    const log = join(folder.path, 'log');
    writeFileSync(log, '');
    const snmpd = spawn('snmpd', ['-C', '-c', files, '-f', '-Lf', log, `udp:127.0.0.1:${port}`], {
      env: {
        ...process.env,
        PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`,
        SNMP_PERSISTENT_DIR: state,
        MIBS: '',
      },
      stdio: 'ignore',
    });
    await until('snmpd is ready', () => readFileSync(log, 'utf8').includes('NET-SNMP version'), {
      timeoutMs: 20_000,
    });
    return snmpd;
  };
  let running = await start();
  const end = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    await ended;
  };
  return {
    port,
    async restart(memory = 'kept') {
      await end();
      if (memory === 'lost') rmSync(state, { recursive: true });
      if (memory === 'boots-lost') {
        writeFileSync(
          remembered,
          readFileSync(remembered, 'utf8').replace(/^engineBoots \d+/m, 'engineBoots 0'),
        );
      }
      running = await start();
    },
    async stop() {
      await end();
      folder.remove();
    },
  };
}
