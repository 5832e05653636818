import { once } from 'node:events';
import { openSpool } from './spool.ts';

/** Writes numbered records from a number on, and tells each one on standard output once it is acknowledged. */
const [directory = '', from = '0'] = process.argv.slice(2);
const spool = await openSpool({ directory, maxBytes: 2 ** 30, drop: 'newest', onDropped: () => undefined });
for (let number = Number(from); ; number += 1) {
  // One frame, its length in two bytes.
  const bytes = 128 + (number % 7) * 100;
  const value = Buffer.alloc(2 + bytes);
  value.writeUInt8((bytes & 0x7f) | 0x80, 0);
  value.writeUInt8(bytes >> 7, 1);
  value.writeUInt32BE(number, 2);
  await spool.write([{ topic: 't', key: 'k', value }]);
  if (!process.stdout.write(`${number}\n`)) await once(process.stdout, 'drain');
}
