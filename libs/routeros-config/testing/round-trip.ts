import { expect } from 'vitest';
import { readScript, writeScript, type ScriptStatement } from '../src/index.ts';

/** What is written of these statements reads as the same statements, their lines aside. */
export function expectSameAgain(statements: readonly ScriptStatement[]): void {
  const again = readScript(writeScript(statements));
  expect(again.problems).toEqual([]);
  expect(withoutLines(again.statements)).toEqual(withoutLines(statements));
}

const withoutLines = (statements: readonly ScriptStatement[]): unknown[] =>
  statements.map((statement) => ({ ...statement, line: 0 }));
