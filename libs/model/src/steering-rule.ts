import type { SteeringRule } from './generated/fairlead/v1/router_state.ts';

/** Where the rule that steers stands. */
const MENU = '/ip/firewall/mangle';

/**
 * Whether a rule of a router's state is one that steers new connections: found by its exact comment. A record of before
 * rules said their menu held no others.
 */
export const isSteeringRule = ({ menu, comment }: SteeringRule, wanted: string): boolean =>
  comment === wanted && (menu === MENU || menu === '');
