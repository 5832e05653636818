import { z } from 'zod';

/** `live` section of fairlead.yaml. */
export const liveGatewayConfigSchema = z.strictObject({
  origins: z
    .array(
      z.url().refine((origin) => URL.canParse(origin) && new URL(origin).origin === origin, {
        message: 'expected an origin such as https://wall.example.net: scheme, host and port, nothing behind',
      }),
    )
    .default([])
    .describe(
      'Pages that may open the WebSocket. Empty: only pages that come from the host the WebSocket is asked of.',
    ),
  access: z
    .enum(['open', 'token'])
    .optional()
    .describe(
      'open: whoever reaches the address sees everything. token: pages and programs need a token (fairlead token create). Must be said where others can reach http.host; on loopback it is open. Orders take a token with --write in any case.',
    ),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe('Where tokens are kept, hashed; tokens.json in the data directory unless given.'),
  maxClients: z.int().min(1).max(100_000).default(1_000).describe('Most open sockets.'),
  maxClientsPerAddress: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Most open sockets from one address; raise it when the walls come through one proxy.'),
  flushMs: z
    .int()
    .min(10)
    .max(5_000)
    .default(100)
    .describe('Time between two sends; samples of one WAN that come between them are one.'),
  tickMs: z
    .int()
    .min(200)
    .max(60_000)
    .default(5_000)
    .describe('Time between two signs of life; a page calls the link dead after three missed ones.'),
  simulated: z.boolean().default(false).describe('Says on the page that the site is a simulation.'),
  wallboard: z
    .string()
    .optional()
    .describe('Folder of the built page, where it is not the one of this checkout.'),
});

export type LiveGatewayConfig = z.infer<typeof liveGatewayConfigSchema>;
