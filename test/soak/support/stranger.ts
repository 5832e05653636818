import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TEMPLATE_ID = 256;
/** Source, destination, bytes (RFC 3954, section 8). */
const FIELDS = [
  [8, 4],
  [12, 4],
  [1, 4],
] as const;

/** A NetFlow v9 datagram with a template and one record (RFC 3954). */
function strangersDatagram(sourceId: number, unixMs: number): Buffer {
  const template = Buffer.alloc(8 + 4 * FIELDS.length);
  template.writeUInt16BE(0, 0);
  template.writeUInt16BE(template.length, 2);
  template.writeUInt16BE(TEMPLATE_ID, 4);
  template.writeUInt16BE(FIELDS.length, 6);
  for (const [i, [type, length]] of FIELDS.entries()) {
    template.writeUInt16BE(type, 8 + 4 * i);
    template.writeUInt16BE(length, 10 + 4 * i);
  }
  const data = Buffer.alloc(16);
  data.writeUInt16BE(TEMPLATE_ID, 0);
  data.writeUInt16BE(data.length, 2);
  data.writeUInt32BE(0xc6336401, 4);
  data.writeUInt32BE(0xcb007101, 8);
  data.writeUInt32BE(1_000, 12);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(9, 0);
  header.writeUInt16BE(2, 2);
  header.writeUInt32BE(60_000, 4);
  header.writeUInt32BE(Math.floor(unixMs / 1_000), 8);
  header.writeUInt32BE(sourceId, 16);
  return Buffer.concat([header, template, data]);
}

/** Sends flows and a syslog line from an address that no router has, and that is never heard of again. */
export async function visit(
  number: number,
  targets: { readonly netflowPort: number; readonly syslogPort: number },
  unixMs: number,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, `127.2.${Math.floor(number / 254) % 256}.${1 + (number % 254)}`);
  await once(socket, 'listening');
  const send = (bytes: Buffer, port: number): Promise<void> =>
    new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));
  await send(strangersDatagram(number, unixMs), targets.netflowPort);
  await send(Buffer.from(`<30>Oct  2 17:36:35 stranger${number} ether1 link up`), targets.syslogPort);
  socket.close();
}
