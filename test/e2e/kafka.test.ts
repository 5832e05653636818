import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaRequirement, type LocalKafka, startLocalKafka } from '@fairlead/event-log/testing';
import { createRouterSim, demoLoad, type RouterSim } from '@fairlead/router-sim';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { askStore, runFairlead, startFairlead, untilRunning } from './support/fairlead-process.ts';

const need = kafkaRequirement();

describe('the pipeline on a Kafka broker', () => {
  const folder = temporaryFolder();
  let kafka: LocalKafka | undefined;
  let router: RouterSim | undefined;

  afterAll(async () => {
    await router?.stop();
    await kafka?.stop();
    folder.remove();
  });

  it('moves the mark, stores everything, and shares the work of two processes', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    kafka = await startLocalKafka();
    const netflowPort = await freeUdpPort();
    const wan = (name: string, port: string, gateway: string) => ({
      name,
      interface: port,
      capacity: { rxBps: 50e6, txBps: 20e6 },
      routingMark: `${name}_Route`,
      gateway,
    });
    router = createRouterSim({
      wans: [wan('ISP1', 'ether1', '198.51.100.1'), wan('ISP2', 'ether2', '203.0.113.1')],
      users: [{ name: 'fairlead', password: 'simulated', policies: ['read', 'write', 'api'] }],
      netflow: {
        host: '127.0.0.1',
        port: netflowPort,
        version: 9,
        activeTimeoutMs: 5_000,
        inactiveTimeoutMs: 2_000,
      },
      load: demoLoad(),
    });
    await router.start();

    const configure = (name: string): string => {
      const file = join(folder.path, `${name}.yaml`);
      writeFileSync(
        file,
        `dataDirectory: ${join(folder.path, name)}
http: { port: 0 }
eventLog: { kind: kafka, brokers: [${kafka?.brokers.join(', ')}] }
store: { kind: embedded, http: { port: 0 } }
netflow: { port: ${netflowPort} }
syslog: { port: 0 }
routers:
  - name: gw1
    site: lab
    address: 127.0.0.1
    mode: armed
    api: { port: ${router?.ports.apiTls}, user: fairlead, password: simulated, tls: { fingerprint: "${router?.fingerprint256}" } }
    wans:
      - { name: ISP1, interface: ether1, capacity: { rx: 50M, tx: 20M }, routingMark: ISP1_Route }
      - { name: ISP2, interface: ether2, capacity: { rx: 50M, tx: 20M }, routingMark: ISP2_Route }
    steering: { policy: { dwellMs: 5000 } }
`,
      );
      return file;
    };
    const patient = startFairlead([
      'run',
      '--config',
      configure('patient'),
      '--services',
      'clickhouse-writer,flow-decoder,wan-processor,actuator',
    ]);
    const { storeUrl } = await untilRunning(join(folder.path, 'patient'), patient);
    const urgent = startFairlead([
      'run',
      '--config',
      configure('urgent'),
      '--services',
      'netflow-collector,routeros-collector',
    ]);
    await untilRunning(join(folder.path, 'urgent'), urgent);

    const [flip] = await until(
      'the mark moved',
      async () => {
        const rows = await askStore<{ outcome: string; after_mark: string }>(
          storeUrl,
          'SELECT outcome, after_mark FROM actuations ORDER BY time',
        );
        return rows.length > 0 ? rows : undefined;
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    expect(flip).toEqual({ outcome: 'confirmed', after_mark: 'ISP2_Route' });
    await until('flows are stored', async () => {
      const [row] = await askStore<{ n: string }>(storeUrl, 'SELECT count() AS n FROM flows');
      return Number(row?.n) > 100;
    });
    expect(await urgent.stop()).toBe(0);
    expect(await patient.stop()).toBe(0);
  });

  it('leaves no process behind that could not be set up', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    kafka ??= await startLocalKafka();
    const dataDirectory = join(folder.path, 'unusable');
    const file = join(folder.path, 'unusable.yaml');
    mkdirSync(dataDirectory);
    writeFileSync(join(dataDirectory, 'store'), 'a file where the folder should be');
    writeFileSync(
      file,
      `dataDirectory: ${dataDirectory}
http: { port: 0 }
eventLog: { kind: kafka, brokers: [${kafka.brokers.join(', ')}] }
`,
    );
    const { exitCode, stderr } = await runFairlead([
      'run',
      '--config',
      file,
      '--services',
      'clickhouse-writer',
    ]);
    expect(stderr).toContain('there is a file in its place');
    expect(exitCode).toBe(1);
  });
});
