import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClickhouseStandIn, startClickhouseStandIn } from '@fairlead/telemetry-store/testing';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { askStore, readMetrics, startFairlead, untilRunning } from './support/fairlead-process.ts';
import { freeTcpPort } from './support/free-tcp-port.ts';
import { netflow5 } from './support/netflow5.ts';

describe('a pipeline that starts before its ClickHouse server', () => {
  const folder = temporaryFolder('fairlead-store-away-');
  let store: ClickhouseStandIn | undefined;

  afterAll(async () => {
    await store?.close();
    folder.remove();
  });

  it('receives and decodes meanwhile, says what it waits for, and stores it all then', async () => {
    const [netflowPort, storePort] = [await freeUdpPort(), await freeTcpPort()];
    const data = join(folder.path, 'data');
    const file = join(folder.path, 'fairlead.yaml');
    writeFileSync(
      file,
      `dataDirectory: ${data}
http: { port: 0 }
store: { kind: clickhouse, url: "http://127.0.0.1:${storePort}" }
netflow: { port: ${netflowPort} }
`,
    );
    const services = 'clickhouse-writer,flow-decoder,netflow-collector';
    const child = startFairlead(['run', '--config', file, '--services', services]);
    const { url } = await untilRunning(data, child);
    const health = (): Promise<Response> => fetch(new URL('/healthz', url));
    expect(await (await health()).text()).toContain('ECONNREFUSED');

    const socket = createSocket('udp4');
    const stored = (service: string): Promise<number> =>
      readMetrics(url).then((samples) =>
        [...samples]
          .filter(([name]) => name.startsWith(`fairlead_stored_total{service="${service}"`))
          .reduce((sum, [, value]) => sum + value, 0),
      );
    await until('a flow is decoded', async () => {
      socket.send(netflow5('192.0.2.1', '198.51.100.1', 1_000), netflowPort, '127.0.0.1');
      return (await stored('flow-decoder')) > 0;
    });
    socket.close();
    expect(await stored('clickhouse-writer')).toBe(0);

    const { url: storeUrl } = (store = await startClickhouseStandIn({
      directory: join(folder.path, 'store'),
      port: storePort,
    }));
    await until(
      'everything is stored',
      async () => {
        const [row] = await askStore<{ rows: string }>(
          storeUrl,
          "SELECT sum(total_rows) AS rows FROM system.tables WHERE database = 'fairlead' AND name = 'flows'",
        );
        return Number(row?.rows) === (await stored('flow-decoder'));
      },
      { everyMs: 500 },
    );
    await until('it is well', async () => (await health()).status === 200);
    expect(await child.stop()).toBe(0);
  });
});
