import { type KnownNames, readName } from './event-name.ts';

export type LinkEvent =
  | {
      readonly kind: 'link-up';
      readonly interface: string;
      readonly speed?: string;
      readonly duplex?: string;
    }
  | { readonly kind: 'link-down'; readonly interface: string };

const link = /^(.{1,128}?) link (up|down)(?: \((.{0,128})\))?$/;
const linkDetail = /^speed ([^\s,]+)(?:, (full|half) duplex)?/;

/** `ether1 link up (speed 1G, full duplex)`, `ether1 link down`. */
export function readLink(text: string, known: KnownNames): LinkEvent | undefined {
  if (!text.includes(' link ')) return undefined;
  const match = link.exec(text);
  const name = match && readName(match[1] ?? '', known);
  if (!match || name === null || name === undefined) return undefined;
  const [, , direction, detail = ''] = match;
  if (direction === 'down') return { kind: 'link-down', interface: name };
  const [, speed, duplex] = linkDetail.exec(detail) ?? [];
  return {
    kind: 'link-up',
    interface: name,
    ...(speed === undefined ? {} : { speed }),
    ...(duplex === undefined ? {} : { duplex }),
  };
}
