import type { PolicySettings } from './steering-config.ts';

/** Whether new connections are split into parts with a rule on the router for each, instead of one rule for all. */
export const steersParts = ({ denominator }: Pick<PolicySettings, 'denominator'>): boolean => denominator > 1;
