import type { ParsedMessage } from './parsed-message.ts';
import type { LeadingTime } from './time.ts';

/** What is known of the sender. */
export interface Sender {
  /** It is a router, which sends no tags: `pppoe-out1: connected` is all message. */
  readonly isRouter: boolean;
  /** Its /system identity, which may hold spaces. */
  readonly identity?: string | undefined;
  /** Its interfaces, as far as they are known: names may hold what ends a prefix. */
  readonly interfaces?: ReadonlySet<string> | undefined;
}

/** The PRI of a message, and how many characters it takes. */
export type Head = Pick<ParsedMessage, 'facility' | 'severity'> & { readonly length: number };

const MAX_PRI = 191;
const pri = /^<(\d{1,3})>/;

/** A number above 191 says nothing, but what stands behind it may. */
export function readPri(text: string): Head {
  const match = text.startsWith('<') ? pri.exec(text) : null;
  if (!match) return { length: 0 };
  const value = Number(match[1]);
  if (value > MAX_PRI) return { length: match[0].length };
  return { length: match[0].length, facility: value >> 3, severity: value & 7 };
}

export function withPri({ facility, severity }: Head): Pick<ParsedMessage, 'facility' | 'severity'> {
  return facility === undefined || severity === undefined ? {} : { facility, severity };
}

export function timeOf(leading: LeadingTime | undefined): Pick<ParsedMessage, 'time'> {
  return leading?.time === undefined ? {} : { time: leading.time };
}
