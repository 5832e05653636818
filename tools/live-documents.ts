import {
  apiErrorSchema,
  apiRoutes,
  type ApiRoute,
  clientMessageSchema,
  closeCodes,
  LIVE_PATH,
  LIVE_SUBPROTOCOL,
  serverMessageSchema,
} from '@fairlead/live-protocol';
import { z } from 'zod';

const version = '0.1.0';
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output' = 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

/** AsyncAPI 3.0 of the WebSocket, from the schemas that check its messages. */
export function asyncApiDocument(): unknown {
  const messages = [
    ...messagesOf(clientMessageSchema, 'client', 'input'),
    ...messagesOf(serverMessageSchema, 'server', 'output'),
  ];
  const refs = (from: 'client' | 'server') =>
    messages
      .filter((message) => message.from === from)
      .map(({ name }) => ({ $ref: `#/channels/live/messages/${name}` }));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Fairlead live',
      version,
      description: `State and events of every WAN over one WebSocket, subprotocol ${LIVE_SUBPROTOCOL}. The first message is hello, with a token where the server asks for one; it only reads. Close codes:\n\n${Object.entries(
        closeCodes,
      )
        .map(
          ([code, { name, retry, meaning }]) =>
            `- ${code} ${name}: ${meaning} ${retry ? 'Come back.' : 'Do not come back.'}`,
        )
        .join('\n')}`,
    },
    channels: {
      live: {
        address: LIVE_PATH,
        bindings: {
          ws: {
            bindingVersion: '0.1.0',
            headers: {
              type: 'object',
              properties: { 'Sec-WebSocket-Protocol': { const: LIVE_SUBPROTOCOL } },
            },
          },
        },
        messages: Object.fromEntries(
          messages.map(({ name, type, payload }) => [
            name,
            { name: type, contentType: 'application/json', payload },
          ]),
        ),
      },
    },
    operations: {
      ask: { action: 'receive', channel: { $ref: '#/channels/live' }, messages: refs('client') },
      tell: { action: 'send', channel: { $ref: '#/channels/live' }, messages: refs('server') },
    },
  };
}

/** One message for each `type`; those that are told apart by their channel too are one. */
function messagesOf(union: z.ZodType, from: 'client' | 'server', io: 'input' | 'output') {
  const { oneOf = [], anyOf = oneOf } = jsonSchema(union, io) as {
    oneOf?: MessageSchema[];
    anyOf?: MessageSchema[];
  };
  return anyOf.map((payload) => {
    const type = typeOf(payload);
    return { from, type, name: `${from}-${type}`, payload };
  });
}

interface MessageSchema {
  readonly properties?: { readonly type?: { readonly const?: string } };
  readonly oneOf?: readonly MessageSchema[];
}

function typeOf({ properties, oneOf }: MessageSchema): string {
  const type = properties?.type?.const ?? (oneOf?.[0] && typeOf(oneOf[0]));
  if (type === undefined) throw new Error('a message without a type');
  return type;
}

/** OpenAPI 3.1 of the HTTP interface, from the table that the server is made of. */
export function openApiDocument(): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(apiRoutes)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version,
      description:
        'What the wall shows, for programs. Tokens are made by `fairlead token create`; where the server is open (loopback unless configured), reading takes none.',
    },
    security: [{ token: [] }, {}],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(operationId: string, { path, summary, query, body, answer, status }: ApiRoute) {
  const error = { content: { 'application/json': { schema: jsonSchema(apiErrorSchema) } } };
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...queryParameters(query),
  ];
  return {
    operationId,
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(body, 'input') } },
          },
        }
      : {}),
    responses: {
      [status]: {
        description: 'The answer.',
        content: { 'application/json': { schema: jsonSchema(answer) } },
      },
      '4XX': { description: 'The request is wrong, or not allowed.', ...error },
      '503': { description: 'Not now, or not by this process.', ...error },
    },
  };
}

function queryParameters(query: z.ZodObject | undefined) {
  if (!query) return [];
  const { properties = {} } = jsonSchema(query) as { properties?: Record<string, { description?: string }> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}
