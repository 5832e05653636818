import { describe, expect, it } from 'vitest';
import { createHttpServer } from './http-server.ts';
import { createLedger } from './ledger.ts';
import { createTelemetry } from './telemetry.ts';

describe('the HTTP side of a process', () => {
  it('tells its health and its metrics, and names a port that is taken', async () => {
    const telemetry = createTelemetry({ level: 'silent' });
    const server = createHttpServer({ host: '127.0.0.1', port: 0 }, telemetry);
    await server.start();
    try {
      const health = async (): Promise<[number, unknown]> => {
        const response = await fetch(new URL('/healthz', server.url()));
        return [response.status, await response.json()];
      };
      telemetry.setHealth('store', true);
      expect(await health()).toEqual([200, { healthy: true, parts: { store: 'ok' } }]);
      telemetry.setHealth('store', false, 'does not answer');
      expect(await health()).toEqual([503, { healthy: false, parts: { store: 'does not answer' } }]);

      const ledger = createLedger(telemetry.registry, 'netflow-collector', 'datagrams');
      createLedger(telemetry.registry, 'syslog-collector', 'datagrams').received();
      ledger.received(3);
      ledger.stored(2);
      ledger.dropped('queue-full');
      const metrics = await (await fetch(new URL('/metrics', server.url()))).text();
      expect(metrics).toContain('fairlead_received_total{service="netflow-collector",unit="datagrams"} 3');
      expect(metrics).toContain(
        'fairlead_dropped_total{service="netflow-collector",unit="datagrams",reason="queue-full"} 1',
      );

      const port = Number(new URL(server.url()).port);
      const second = createHttpServer({ host: '127.0.0.1', port }, createTelemetry({ level: 'silent' }));
      await expect(second.start()).rejects.toThrow(`127.0.0.1:${port} is taken by another process`);
      await second.stop();
    } finally {
      await server.stop();
    }
  });
});
