import { DefaultRoute, RouterInterface, RouterState, SteeringRule } from '@fairlead/model';
import { expect, it } from 'vitest';
import { routerDetail } from './router-detail.ts';
import { siteInventory } from './testing/index.ts';

const [router] = siteInventory();
if (!router) throw new Error('a site has a router');

it('says what a router was when it was last read, and which of its interfaces are WANs', () => {
  const rule = { ...SteeringRule.decode(new Uint8Array()), menu: '/ip/firewall/mangle' };
  const detail = routerDetail(router, {
    ...RouterState.decode(new Uint8Array()),
    ...{ timeMs: 90_000, version: '7.20', boardName: 'RB5009', uptimeMs: 60_000n },
    interfaces: [
      {
        ...RouterInterface.decode(new Uint8Array()),
        name: 'ether2',
        type: 'ether',
        running: false,
        linkDowns: 3,
      },
      { ...RouterInterface.decode(new Uint8Array()), name: 'bridge', type: 'bridge' },
    ],
    steeringRules: [
      { ...rule, comment: 'Load-Balancing here', newRoutingMark: 'ISP2_Route', packets: 7n },
      { ...rule, comment: 'another', newRoutingMark: 'ISP1_Route' },
    ],
    defaultRoutes: [
      {
        ...DefaultRoute.decode(new Uint8Array()),
        destination: '0.0.0.0/0',
        table: 'main',
        immediateGateway: 'g',
      },
    ],
  });
  expect(detail).toMatchObject({ readMs: 90_000, version: '7.20', board: 'RB5009', bootedMs: 30_000 });
  expect(detail.interfaces).toEqual([
    { name: 'ether2', type: 'ether', wan: 'ISP2', running: false, disabled: null, linkDowns: 3, comment: '' },
    { name: 'bridge', type: 'bridge', wan: '', running: null, disabled: null, linkDowns: null, comment: '' },
  ]);
  expect(detail.rules).toEqual([
    { comment: 'Load-Balancing here', mark: 'ISP2_Route', disabled: false, invalid: false, packets: 7 },
  ]);
  expect(detail.defaultRoutes).toMatchObject([
    { table: 'main', gateway: 'g', active: false, distance: null },
  ]);
});

it('says that it was not read yet', () => {
  expect(routerDetail(router, undefined)).toMatchObject({
    router: 'gw1',
    readMs: null,
    bootedMs: null,
    rules: [],
  });
});
