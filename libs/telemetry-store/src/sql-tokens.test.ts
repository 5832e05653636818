import { describe, expect, it } from 'vitest';
import { splitStatements, SqlTextError, tokenizeSql } from './sql-tokens.ts';

const texts = (sql: string): string[] => tokenizeSql(sql).map(({ text }) => text);

describe('tokenizeSql', () => {
  it('leaves out comments and keeps quoted text together', () => {
    expect(texts(`SELECT /* ; */ 'it''s \\' ;', "a""b" -- ; end\n FROM \`t\``)).toEqual([
      'SELECT',
      `'it''s \\' ;'`,
      ',',
      'a"b',
      'FROM',
      't',
    ]);
  });

  it('sees a name behind a number', () => {
    expect(texts('1.file(2.5e3)')).toEqual(['1', '.', 'file', '(', '2.5e3', ')']);
  });

  it.each([
    ['a heredoc', `SELECT $x$ ' $x$`],
    ['a hash comment', `SELECT 1 # '\n`],
    ['a slash comment', `SELECT 1 // '\n`],
    ['a nested comment', 'SELECT 1 /* /* */ */'],
    ['an escape in an identifier', 'SELECT `f\\x69le`(1)'],
    ['a quote beyond ASCII', 'SELECT ‘a’'],
    ['an open string', `SELECT 'a`],
  ])('refuses %s', (_name, sql) => {
    expect(() => tokenizeSql(sql)).toThrow(SqlTextError);
  });

  it('is done with a long statement in time that grows with its length', () => {
    expect(tokenizeSql(`SELECT '${"a''".repeat(200_000)}'`)).toHaveLength(2);
    expect(() => tokenizeSql(`SELECT '${'a'.repeat(500_000)}`)).toThrow(SqlTextError);
  });
});

describe('splitStatements', () => {
  it('splits where a semicolon is not quoted', () => {
    expect(splitStatements(`-- first\nSELECT ';';\n\nSELECT 2 -- ;\n;;`)).toEqual([
      `-- first\nSELECT ';'`,
      'SELECT 2',
    ]);
  });
});
