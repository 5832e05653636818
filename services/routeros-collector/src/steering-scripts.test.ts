import { expect, it } from 'vitest';
import { findSteeringScripts } from './steering-scripts.ts';

const none = { scripts: [], schedulers: [], trafficMonitors: [], netwatch: [] };

it('names what touches mangle, marks or routes, and what runs such a script', () => {
  const found = findSteeringScripts({
    scripts: [
      { name: 'flip', source: '/ip firewall mangle set [find comment=x] new-routing-mark=ISP2_Route' },
      { name: 'backup', source: '/export file=nightly' },
    ],
    schedulers: [
      { name: 'often', 'on-event': '/system script run flip', disabled: 'true' },
      { name: 'nightly', 'on-event': 'backup' },
      { name: 'flip-flop', 'on-event': 'backup-flip' },
    ],
    trafficMonitors: [{ name: 'LB1', 'on-event': 'flip' }],
    netwatch: [
      { host: '8.8.8.8', 'down-script': '/ip route disable [find comment=isp1]' },
      { host: '9.9.9.9', 'down-script': ':log warning down' },
    ],
  });
  expect(found.map(({ kind, name, why, disabled }) => [kind, name, why, disabled])).toEqual([
    ['script', 'flip', 'touches mangle, routing marks', undefined],
    ['scheduler', 'often', 'runs the script flip', true],
    ['traffic-monitor', 'LB1', 'runs the script flip', undefined],
    ['netwatch', '8.8.8.8', 'touches routes', undefined],
  ]);
});

it('keeps nothing of the text of a script', () => {
  const source = ':local password "hunter2"; /ip/firewall/mangle/print';
  expect(JSON.stringify(findSteeringScripts({ ...none, scripts: [{ name: 's', source }] }))).not.toContain(
    'hunter2',
  );
});

it('does not take what Fairlead itself put there for a stranger', () => {
  const onEvent = '/ip firewall mangle set [find comment=x] new-routing-mark=ISP1_Route';
  const found = findSteeringScripts({
    ...none,
    schedulers: [
      { name: 'fairlead-dead-man', comment: 'fairlead:dead-man', 'on-event': onEvent },
      { name: 'copy', comment: 'once fairlead:dead-man', 'on-event': onEvent },
    ],
  });
  expect(found.map(({ name }) => name)).toEqual(['copy']);
});
