import type { ConnectionReading, Kernel } from '../kernel/kernel.ts';
import { deviceDuration } from './device-text.ts';
import type { Editor, Menu, Row } from './menu.ts';
import { trap } from './traps.ts';

/** `/ip/firewall/connection`: connection tracking, of which entries can be removed and nothing else. */
export function createConnectionMenu(kernel: Kernel): Menu {
  return {
    path: '/ip/firewall/connection',
    rows: () =>
      Array.from(kernel.connections(), (connection) => connectionRow(connection, kernel.uptimeMs())),
    ...(kernel.removeConnection && { editor: removing(kernel.removeConnection) }),
  };
}

/** Those before one that is gone already stay removed, as with every menu. */
function removing(removeConnection: NonNullable<Kernel['removeConnection']>): Editor {
  const refuse = (): never => {
    throw trap('badCommand');
  };
  return {
    noun: 'connection',
    add: refuse,
    set: refuse,
    remove(id) {
      if (!removeConnection(Number.parseInt(id.slice(1), 16))) throw trap('noSuchItem');
    },
    listen: () => () => undefined,
  };
}

function connectionRow(connection: ConnectionReading, uptimeMs: number): Row {
  const { client, server, natted } = connection;
  const udp = connection.protocol === 'udp';
  const timeoutMs = (udp ? 180_000 : 86_400_000) - (uptimeMs - connection.lastPacketMs);
  return {
    properties: {
      '.id': `*${connection.id.toString(16).toUpperCase()}`,
      protocol: connection.protocol,
      'src-address': `${client.address}:${client.port}`,
      'dst-address': `${server.address}:${server.port}`,
      'reply-src-address': `${server.address}:${server.port}`,
      'reply-dst-address': `${natted.address}:${natted.port}`,
      ...(udp ? {} : { 'tcp-state': 'established' }),
      'connection-mark': connection.connectionMark,
      timeout: deviceDuration(timeoutMs),
      'orig-packets': String(connection.txPackets),
      'orig-bytes': String(connection.txBytes),
      'repl-packets': String(connection.rxPackets),
      'repl-bytes': String(connection.rxBytes),
      'orig-rate': String(Math.round(connection.txBps)),
      'repl-rate': String(Math.round(connection.rxBps)),
      'seen-reply': String(connection.rxBytes > 0),
      srcnat: 'true',
      dstnat: 'false',
      fasttrack: 'false',
    },
  };
}
