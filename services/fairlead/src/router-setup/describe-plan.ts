import {
  showOperations,
  type Configuration,
  type Conflict,
  type Operation,
  type Plan,
} from '@fairlead/routeros-config';

/** A plan with what it was made from. */
export interface PlanReport {
  readonly router: string;
  /** Such as `RouterOS 7.20.1`, or the name of the export. */
  readonly of: string;
  readonly plan: Plan;
  readonly notes: readonly string[];
  readonly current: Configuration;
}

/** A plan for people: RouterOS text that could be pasted, its summary, and what stands in the way. */
export function describePlan({ router, of, plan, notes, current }: PlanReport): {
  readonly script: string;
  readonly talk: readonly string[];
} {
  const { conflicts, operations } = plan;
  const remarks = notes.map((note) => `  note: ${note}`);
  if (conflicts.length > 0) {
    const things = groupConflicts(conflicts);
    const count =
      things.length === 1 ? 'one thing stands in the way' : `${things.length} things stand in the way`;
    return {
      script: '',
      talk: [
        `${router} (${of}): nothing is planned, because ${count}:`,
        ...things.flatMap(({ message, objects, remedy }, index) => [
          `${String(index + 1).padStart(3)}. ${message}`,
          ...objects.map((object) => `       ${object.replaceAll(/\p{Cc}/gu, '·')}`),
          `     → ${remedy}`,
        ]),
        ...remarks,
      ],
    };
  }
  return {
    script: showOperations(current, operations),
    talk: [
      operations.length === 0
        ? `${router} (${of}): nothing to do, the router is as the configuration says`
        : `${router} (${of}): ${countOperations(operations)}`,
      ...remarks,
    ],
  };
}

/** What is said of several objects is said once. */
function groupConflicts(
  conflicts: readonly Conflict[],
): { readonly message: string; readonly remedy: string; readonly objects: readonly string[] }[] {
  const groups = new Map<string, { message: string; remedy: string; objects: string[] }>();
  for (const { message, remedy, object } of conflicts) {
    const group = groups.get(message) ?? { message, remedy, objects: [] };
    if (object !== undefined) group.objects.push(object);
    groups.set(message, group);
  }
  return [...groups.values()];
}

const WORDS = [
  ['add', 'to add'],
  ['change', 'to change'],
  ['move', 'to move'],
  ['remove', 'to remove'],
] as const;

/** `3 to add, 1 to change` */
export function countOperations(operations: readonly Operation[]): string {
  return WORDS.flatMap(([kind, words]) => {
    const count = operations.filter(
      (operation) => operation.kind === kind || (kind === 'change' && operation.kind === 'settings'),
    ).length;
    return count === 0 ? [] : [`${count} ${words}`];
  }).join(', ');
}
