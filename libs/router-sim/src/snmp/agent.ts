import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { answerSnmp } from './answer.ts';
import type { MibObject } from './mib.ts';

export interface SnmpAgent {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers SNMPv2c on a UDP port. Rejects when it is taken. */
export async function openSnmpAgent(
  config: { readonly host: string; readonly port: number; readonly community: string },
  deps: { readonly mib: readonly MibObject[]; catchUp(): void },
): Promise<SnmpAgent> {
  const socket = createSocket(isIPv6(config.host) ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => {
    deps.catchUp();
    const answer = answerSnmp(message, deps.mib, config.community);
    if (answer) socket.send(answer, from.port, from.address, () => undefined);
  });
  socket.bind(config.port, config.host);
  await once(socket, 'listening');
  // A client that is gone before its answer comes is told by ICMP, and is no fault of the agent.
  socket.on('error', () => undefined);
  return {
    port: socket.address().port,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
