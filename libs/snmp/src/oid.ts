/** Dotted decimal, without a leading dot. */
export type Oid = string;

/** Whether `oid` lies under `root`. */
export function isUnder(root: Oid, oid: Oid): boolean {
  return oid.startsWith(`${root}.`);
}

/** Order of the MIB: arc by arc, as numbers. Negative, zero or positive. */
export function compareOids(a: Oid, b: Oid): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (const [i, arc] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (arc !== other) return Number(arc) - Number(other);
  }
  return left.length - right.length;
}
