import { parseDuration } from '@fairlead/routeros';
import { trap } from './traps.ts';

/** `5`, `0.5`, `5s` and `00:00:05` are times; a number alone is seconds. @throws ApiTrap on what is no time */
export function intervalMs(text: string): number {
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1_000 : parseDuration(text);
  if (ms === undefined || ms <= 0) throw trap('badValue', 'interval');
  return ms;
}
