/**
 * Every code that the server closes a socket with, and whether to come back. Conventions disagree about the 44xx range
 * (graphql-ws, Centrifuge), so a client reads this table and does not infer anything from the number.
 */
export const closeCodes = {
  4000: {
    name: 'going-away',
    retry: true,
    meaning: 'The server ends this socket for no fault of the client.',
  },
  4001: { name: 'restart', retry: true, meaning: 'The server stops; the reason is JSON with retryMs.' },
  4008: { name: 'slow', retry: true, meaning: 'The client did not read for too long.' },
  4012: { name: 'no-pong', retry: true, meaning: 'The client did not answer a ping.' },
  4400: { name: 'bad-request', retry: false, meaning: 'A message was not understood, or came out of turn.' },
  4401: {
    name: 'unauthorised',
    retry: false,
    meaning: 'A message came before hello, or the token is missing, unknown, expired or revoked.',
  },
  4403: { name: 'forbidden', retry: false, meaning: 'The client may not read this.' },
  4406: { name: 'subprotocol', retry: false, meaning: 'The client does not speak wanboard.v1.' },
  4408: { name: 'no-hello', retry: true, meaning: 'No hello came within the handshake deadline.' },
  4429: { name: 'too-many', retry: true, meaning: 'The client sent too many messages.' },
} as const;

export type CloseCode = keyof typeof closeCodes;
