import type { z } from 'zod';
import { addressToBytes } from './address.ts';

/** RFC 1123 section 2.1, and the underscore that names inside a site often have. */
const NAME = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?)+$/;
const LONGEST_NAME = 253;

/** A check of text that is an address or a host name: what only looks like an address is neither. */
export function hostText({ value, issues }: z.core.ParsePayload<string>): void {
  if (isAddress(value) || isHostName(value)) return;
  const message =
    'neither an address nor a host name; expected one such as 192.0.2.1, 2001:db8::1 or gw1.example.net';
  issues.push({ code: 'custom', input: value, message });
}

function isAddress(text: string): boolean {
  try {
    addressToBytes(text);
    return true;
  } catch {
    return false;
  }
}

const isHostName = (text: string): boolean =>
  text.length <= LONGEST_NAME && NAME.test(text) && !/^[\d.]+$/.test(text);
