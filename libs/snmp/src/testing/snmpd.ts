import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';

export interface Snmpd {
  readonly port: number;
  /** Starts it again on the same port: its clocks begin anew. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's snmpd on loopback with these lines of configuration. Ask `requirement('snmpd')` first. */
export async function startSnmpd(lines: readonly string[]): Promise<Snmpd> {
  const folder = temporaryFolder();
  const port = await freeUdpPort();
  const config = join(folder.path, 'agent.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const start = async () => {
    const log = join(folder.path, 'log');
    writeFileSync(log, '');
    const snmpd = spawn('snmpd', ['-C', '-c', config, '-f', '-Lf', log, `udp:127.0.0.1:${port}`], {
      env: {
        ...process.env,
        PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`,
        SNMP_PERSISTENT_DIR: join(folder.path, 'state'),
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
    async restart() {
      await end();
      running = await start();
    },
    async stop() {
      await end();
      folder.remove();
    },
  };
}
