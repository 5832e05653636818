import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import { LIVE_PATH, LIVE_SUBPROTOCOL } from '@fairlead/live-protocol';
import type { FastifyInstance } from 'fastify';

/** The built page of this checkout. */
export const builtWallboard = resolve(import.meta.dirname, '../../wallboard/dist');

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const notBuilt = `The wallboard is not built. Build it with

    npm run build -w @fairlead/wallboard

and load this page again. Numbers without the page: /api/v1/wans
`;

export interface PagesOptions {
  /** Folder of the built page. */
  readonly wallboard: string;
}

/** `GET /` with its files, and a word for those who ask `/ws` in plain HTTP. */
export function addPages(app: FastifyInstance, { wallboard }: PagesOptions): void {
  void app.register(async (pages) => {
    pages.addHook('onRequest', async (_request, reply) => {
      reply.headers(securityHeaders);
    });
    await pages.register(fastifyStatic, {
      root: join(wallboard, 'assets'),
      prefix: '/assets/',
      index: false,
      // The names carry a hash of the content.
      maxAge: '1y',
      immutable: true,
    });
    pages.get('/', async (_request, reply) => {
      if (!existsSync(join(wallboard, 'index.html'))) {
        return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt);
      }
      return reply
        .sendFile('index.html', wallboard, { cacheControl: false })
        .header('cache-control', 'no-cache');
    });
    pages.get(LIVE_PATH, async (_request, reply) =>
      reply
        .code(426)
        .headers({ upgrade: 'websocket' })
        .type('text/plain; charset=utf-8')
        .send(`Open this with a WebSocket that asks for the subprotocol ${LIVE_SUBPROTOCOL}.\n`),
    );
  });
}

/** Changes when the page changes: its index names every file by a hash of the content. */
export async function buildId(wallboard: string): Promise<string> {
  try {
    const index = await readFile(join(wallboard, 'index.html'));
    return createHash('sha256').update(index).digest('hex').slice(0, 12);
  } catch {
    return 'none';
  }
}
