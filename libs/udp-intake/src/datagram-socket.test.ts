import { expect, it } from 'vitest';
import { canReusePort } from './datagram-socket.ts';

it('knows which Node.js can share a port', () => {
  const able = ['22.12.0', '22.23.3', '23.1.0', '24.0.0'];
  const unable = ['20.19.0', '20.20.2', '21.7.3', '22.11.0', '23.0.0'];
  expect([...able, ...unable].filter(canReusePort)).toEqual(able);
});
