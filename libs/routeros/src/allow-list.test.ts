import { describe, expect, it } from 'vitest';
import { createAllowList } from './allow-list.ts';
import { NotAllowedError } from './errors.ts';

const SET = '/ip/firewall/mangle/set';
const check = createAllowList([
  '/interface/print',
  '/interface/monitor-traffic',
  { command: SET, attributes: ['.id', 'new-routing-mark'] },
]);

describe('createAllowList', () => {
  it.each([
    [['/interface/print', '=.proplist=name', '?name=ether1', '?#!']],
    [[SET, '=.id=*1', '=new-routing-mark=ISP2_Route']],
    [['/interface/monitor-traffic', '=interface=ether1', '=once=']],
  ])('passes %j', (words) => expect(() => check(words)).not.toThrow());

  it.each([
    [[]],
    [['/interface/set', '=.id=*1']],
    [['/interface/print/', '=.id=*1']],
    [['/Interface/print']],
    [['/interface/print', '=file=on-the-router']],
    [['/interface/print', '=append=']],
    [['/interface/monitor-traffic', '=interface=ether1', '=do=/system/reboot']],
    [['/interface/print', '.tag=1']],
    [['/interface/print', '/system/reboot']],
    [[SET, '=.id=*1', '=disabled=yes']],
  ])('refuses %j', (words) => expect(() => check(words)).toThrow(NotAllowedError));
});
