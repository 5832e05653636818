import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { canReusePort, openDatagramSocket } from './datagram-socket.ts';

it('knows which Node.js can share a port', () => {
  const able = ['22.12.0', '22.23.3', '23.1.0', '24.0.0'];
  const unable = ['20.19.0', '20.20.2', '21.7.3', '22.11.0', '23.0.0'];
  expect([...able, ...unable].filter(canReusePort)).toEqual(able);
});

it.for(['127.0.0.1', '0.0.0.0'])('a socket on %s that refuses gets nothing new', async (host) => {
  const taken: string[] = [];
  const config = { host, port: 0, receiveBufferBytes: 65_536, reusePort: false, ipv6Only: false };
  const socket = await openDatagramSocket(config, 'test', {
    onDatagram: (payload) => void taken.push(new TextDecoder().decode(payload)),
    onError: (error) => {
      throw error;
    },
  });
  const sender = createSocket('udp4');
  sender.connect(socket.address.port, '127.0.0.1');
  await once(sender, 'connect');
  await new Promise((done) => sender.send('before', done));
  await socket.refuseNew();
  // The kernel answers that nobody listens (RFC 1122 section 4.1.3.1).
  const refused = once(sender, 'error');
  sender.send('after');
  expect(await refused).toMatchObject([{ code: 'ECONNREFUSED' }]);
  sender.close();
  await socket.close();
  expect(taken).toEqual(['before']);
});
