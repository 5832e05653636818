/** One rule that gets another mark. */
export interface PartChange {
  readonly part: number;
  readonly from: string;
  readonly to: string;
}

/**
 * The fewest changes that give each mark its number of parts, each of them a valid state by itself. A WAN that is to have none
 * loses its parts first. Parts stand next to each other by WAN where that costs nothing, so that a share that goes and comes
 * back is made of the same connections. Pure.
 * @param current the mark of each part
 * @param weights how many parts each of the marks is to have; their sum is the number of parts
 */
export function planParts(
  current: readonly string[],
  marks: readonly string[],
  weights: readonly number[],
): readonly PartChange[] {
  const neat = marks.flatMap((mark, i) => Array.from({ length: weights[i] ?? 0 }, () => mark));
  const lack = new Map(
    marks.map((mark, i) => [mark, (weights[i] ?? 0) - current.filter((own) => own === mark).length]),
  );
  const changes = new Map<number, PartChange>();
  const move = (part: number, to: string | undefined): void => {
    const from = current[part] ?? '';
    if (to === undefined || changes.has(part) || (lack.get(from) ?? 0) >= 0 || (lack.get(to) ?? 0) <= 0)
      return;
    changes.set(part, { part, from, to });
    lack.set(from, (lack.get(from) ?? 0) + 1);
    lack.set(to, (lack.get(to) ?? 0) - 1);
  };
  current.forEach((_, part) => move(part, neat[part]));
  current.forEach((_, part) =>
    move(
      part,
      marks.find((mark) => (lack.get(mark) ?? 0) > 0),
    ),
  );
  const isLeft = ({ from }: PartChange): boolean => (weights[marks.indexOf(from)] ?? 0) === 0;
  const ordered = [...changes.values()].sort((a, b) => a.part - b.part);
  return [...ordered.filter(isLeft), ...ordered.filter((change) => !isLeft(change))];
}
