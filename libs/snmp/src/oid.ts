/** Dotted decimal, without a leading dot. */
export type Oid = string;

/** Whether `oid` lies under `root`. */
export function isUnder(root: Oid, oid: Oid): boolean {
  return oid.startsWith(root) && oid.charCodeAt(root.length) === DOT;
}

const DOT = 0x2e;

/** Order of the MIB: arc by arc, as numbers. Negative, zero or positive. */
export function compareOids(a: Oid, b: Oid): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === a.length && at === b.length) return 0;
  // One goes on where the other ends.
  if (at === a.length && b.charCodeAt(at) === DOT) return -1;
  if (at === b.length && a.charCodeAt(at) === DOT) return 1;
  // The arc in which they differ begins at the same place in both.
  const start = at === 0 ? 0 : a.lastIndexOf('.', at - 1) + 1;
  return arcAt(a, start) - arcAt(b, start);
}

function arcAt(oid: Oid, start: number): number {
  const end = oid.indexOf('.', start);
  return Number(end === -1 ? oid.slice(start) : oid.slice(start, end));
}
