import { describe, expect, it } from 'vitest';
import { readQueryParameters } from './query-parameters.ts';

describe('parameters of a request', () => {
  it.each([
    ['{p:String}', 'plain', 'plain'],
    ['{p:String}', String.raw`a\tb\\c\'d`, "a\tb\\c'd"],
    ['{p:Nullable(String)}', String.raw`\N`, null],
    ['{p:UInt32}', '41', '41'],
    ['{ p : Array(String) }', String.raw`['it\'s','a\nb']`, "['it''s','a\nb']"],
    ['{p:Map(String, UInt8)}', "{'a':1}", "{'a':1}"],
    ['', '1', '1'],
  ])('%s takes %j as %j', (sql, value, read) => {
    expect(readQueryParameters(sql, [['p', value]])).toEqual({ p: read });
  });

  it('refuses what it cannot hand on, with the code of ClickHouse', () => {
    expect(() => readQueryParameters('{p:Array(String)}', [['p', String.raw`['\\']`]])).toThrow(/backslash/);
    expect(() => readQueryParameters('', [['a b', '1']])).toThrow(/not a name/);
  });
});
