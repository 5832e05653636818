import { afterEach, beforeEach, expect, it } from 'vitest';
import { idleLoad } from '../load.ts';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { openRawClient, type RawClient } from '../testing/raw-client.ts';

const MENU = '/ip/firewall/connection';

let sim: RouterSim;
let client: RawClient;
beforeEach(async () => {
  sim = createRouterSim({ ...dualWan, load: idleLoad(5_000) });
  await sim.start();
  sim.advance(1_000);
  client = await openRawClient(sim.ports.api);
  await client.talk('/login', '=name=lbctl', '=password=secret');
});
afterEach(async () => {
  client.close();
  await sim.stop();
});

const count = async (mark: string): Promise<string | undefined> =>
  (await client.talk(`${MENU}/print`, '=count-only=', `?connection-mark=${mark}`))[0]?.[1];

it('holds thousands of connections, and removes those that are named', async () => {
  expect(await count('Sticky_ISP1')).toBe('=ret=5000');
  const listed = await client.talk(`${MENU}/print`, '=.proplist=.id', '?connection-mark=Sticky_ISP1');
  const ids = listed.slice(0, 300).map(([, id = '']) => id.replace('=.id=', ''));
  expect(await client.talk(`${MENU}/remove`, `=.id=${ids.join()}`)).toEqual([['!done']]);
  expect(await count('Sticky_ISP1')).toBe('=ret=4700');
  const [first = ''] = ids;
  expect((await client.talk(`${MENU}/remove`, `=.id=${first}`))[0]).toContain('=message=no such item (4)');
});
