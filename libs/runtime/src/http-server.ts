import fastify, { type FastifyInstance } from 'fastify';
import type { Component } from './component.ts';
import type { Telemetry } from './telemetry.ts';

export interface HttpServerConfig {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface HttpServer extends Component {
  /** Add routes before start(). */
  readonly app: FastifyInstance;
  /** Address that it listens on, after start(): `http://127.0.0.1:8080`. */
  url(): string;
}

/** The HTTP side of a process: `/healthz` (200 or 503 with the reasons) and `/metrics` (Prometheus text). */
export function createHttpServer(config: HttpServerConfig, telemetry: Telemetry): HttpServer {
  const app = fastify({ logger: false, forceCloseConnections: true });
  app.get('/healthz', async (_request, reply) => {
    const health = telemetry.health();
    return reply.code(health.healthy ? 200 : 503).send(health);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(telemetry.registry.contentType).send(await telemetry.registry.metrics()),
  );
  let address = '';
  return {
    name: 'http',
    app,
    url: () => address,
    async start() {
      try {
        address = await app.listen({ host: config.host, port: config.port });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') {
          throw new Error(
            `http: ${config.host}:${config.port} is taken by another process; stop it or set http.port`,
            { cause },
          );
        }
        throw cause;
      }
    },
    stop: () => app.close(),
  };
}
