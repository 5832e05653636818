import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { createSecureContext } from 'node:tls';
import fastify, { type FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Component } from './component.ts';
import { limitConnections } from './connection-limits.ts';
import { createHostCheck, type HostCheck } from './host-check.ts';
import { type HttpServerConfig, httpServerConfigSchema } from './http-config.ts';
import type { Telemetry } from './telemetry.ts';

/** How often connections are looked through for those that bring no request. */
const CHECKING_MS = 1_000;
/** How long a connection may wait for its next request. */
const KEEP_ALIVE_MS = 10_000;
const MOST_BODY_BYTES = 64 * 1024;

/** The answer to a request for a name that is not ours (RFC 9110 section 15.5.20). */
export const hostRefusal = {
  status: 421,
  reason: 'host',
  text: 'This server does not go by that name; add it to http.hosts.',
} as const;

export interface HttpServer extends Component {
  /** Add routes before start(). */
  readonly app: FastifyInstance;
  /** Whether a request may name this host; requests of HTTP are held to it already. */
  readonly hostAllowed: HostCheck;
  /** Address that it listens on, after start(): `http://127.0.0.1:8080`. */
  url(): string;
  /** A connection became a WebSocket: the limits of HTTP are no longer its limits. */
  release(socket: Duplex): void;
  /** Reads the certificate again, for connections from now on; one that is not sound changes nothing. */
  refresh(): Promise<void>;
}

/** The HTTP side of a process: `/healthz` (200 or 503 with the reasons) and `/metrics` (Prometheus text). */
export function createHttpServer(
  settings: z.input<typeof httpServerConfigSchema>,
  telemetry: Telemetry,
): HttpServer {
  const config = httpServerConfigSchema.parse(settings);
  const { app, showCertificate } = createApp(config);
  const hostAllowed = createHostCheck(config.hosts);
  const limits = limitConnections(
    app.server,
    { total: config.maxConnections, ofAddress: config.maxConnectionsPerAddress },
    telemetry.registry,
  );
  app.addHook('onRequest', async (request, reply) => {
    if (hostAllowed(request.headers.host)) return;
    await reply.code(hostRefusal.status).type('text/plain; charset=utf-8').send(hostRefusal.text);
  });
  app.get('/healthz', async (_request, reply) => {
    const health = telemetry.health();
    return reply.code(health.healthy ? 200 : 503).send(health);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(telemetry.registry.contentType).send(await telemetry.registry.metrics()),
  );
  let address = '';
  const takeCertificate = async (): Promise<void> => {
    if (!config.tls) return;
    const pem = await readCertificate(config.tls);
    showCertificate(pem);
  };
  return {
    name: 'http',
    app,
    hostAllowed,
    url: () => address,
    release: limits.release,
    async refresh() {
      try {
        await takeCertificate();
      } catch (error) {
        telemetry.log.error({ err: error }, 'the certificate stays as it was');
      }
    },
    async start() {
      await takeCertificate();
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

interface Pem {
  readonly cert: string;
  readonly key: string;
}

function createApp({ tls, requestTimeoutMs }: HttpServerConfig): {
  readonly app: FastifyInstance;
  readonly showCertificate: (pem: Pem) => void;
} {
  const timeouts = {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: CHECKING_MS,
  };
  const options = {
    logger: false,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    bodyLimit: MOST_BODY_BYTES,
  } as const;
  if (!tls) return { app: fastify({ ...options, http: timeouts }), showCertificate: () => undefined };
  // The certificate itself is read at the start, and again at each reload.
  const app = fastify({ ...options, https: { ...timeouts, handshakeTimeout: requestTimeoutMs } });
  return {
    // Routes are the same over TLS; only the type of the server below differs.
    app,
    showCertificate: (pem) => app.server.setSecureContext(pem),
  };
}

async function readCertificate({ certificate, key }: NonNullable<HttpServerConfig['tls']>): Promise<Pem> {
  const read = async (file: string, name: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? 'error';
      throw new Error(`http.tls.${name}: ${file} cannot be read (${why})`, { cause });
    }
  };
  const pem = { cert: await read(certificate, 'certificate'), key: await read(key, 'key') };
  try {
    createSecureContext(pem);
    return pem;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`http.tls: ${certificate} and ${key} are no certificate with its key (${why})`, {
      cause,
    });
  }
}
