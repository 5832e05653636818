// What syslog-server does where the argument says: prints a number, or nothing when its promise never settles.
import { createSocket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import SyslogServer from 'syslog-server';

const scenarios = {
  /** Messages that arrive over IPv6 on all addresses. */
  async ipv6() {
    const server = new SyslogServer();
    let messages = 0;
    server.on('message', () => {
      messages += 1;
    });
    const probe = createSocket('udp4');
    await new Promise((resolve) => probe.bind(0, resolve));
    const { port } = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    await server.start({ port, address: '0.0.0.0', exclusive: true });
    createSocket('udp6').send('<13>hello', port, '::1');
    await setTimeout(500);
    return messages;
  },
  /** Servers of one process that listen at the same time. */
  async two() {
    const outcomes = [];
    for (let i = 0; i < 2; i += 1) {
      const started = new SyslogServer().start({ port: 0, address: '127.0.0.1', exclusive: true });
      outcomes.push(
        await started.then(
          () => 1,
          () => 0,
        ),
      );
    }
    return outcomes.reduce((sum, one) => sum + one, 0);
  },
  /** Milliseconds until the caller hears that the port is taken. */
  async taken() {
    const holder = createSocket('udp4');
    await new Promise((resolve) => holder.bind(0, '127.0.0.1', resolve));
    const server = new SyslogServer();
    server.on('error', () => undefined);
    const startMs = performance.now();
    await server
      .start({ port: holder.address().port, address: '127.0.0.1', exclusive: true })
      .catch(() => undefined);
    return performance.now() - startMs;
  },
};

process.stdout.write(String(await scenarios[process.argv[2]]()));
process.exit();
