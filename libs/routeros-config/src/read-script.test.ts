import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readScript, writeScript } from './index.ts';
import { expectSameAgain } from '../testing/round-trip.ts';

describe('reading RouterOS text', () => {
  it('gives a command its menu, and joins what an export has folded', () => {
    const { statements, problems } = readScript(
      '/ip firewall mangle\r\nadd action=mark-routing chain=prerouting comment="say \\"hi\\"\\\r\n    \\_there" \\\r\n    dst-address-type=\\\r\n    !local\r\n/ip/route/print where dst-address=0.0.0.0/0\r\nset [ find comment=x ] disabled=yes\r\n',
    );
    expect(problems).toEqual([]);
    const text = (name: string, value: string) => ({
      kind: 'property',
      name,
      value: { kind: 'text', text: value },
    });
    expect(statements).toEqual([
      { kind: 'menu', line: 1, path: ['ip', 'firewall', 'mangle'] },
      {
        kind: 'command',
        line: 2,
        path: ['ip', 'firewall', 'mangle'],
        verb: 'add',
        arguments: [
          text('action', 'mark-routing'),
          text('chain', 'prerouting'),
          text('comment', 'say "hi" there'),
          text('dst-address-type', '!local'),
        ],
      },
      {
        kind: 'command',
        line: 6,
        path: ['ip', 'route'],
        verb: 'print',
        arguments: [{ kind: 'where', source: 'dst-address=0.0.0.0/0' }],
      },
      {
        kind: 'command',
        line: 7,
        path: ['ip', 'firewall', 'mangle'],
        verb: 'set',
        arguments: [{ kind: 'selector', source: 'comment=x' }, text('disabled', 'yes')],
      },
    ]);
  });

  it('keeps scripting as it stands, over lines, strings and comments with brackets in them', () => {
    const script =
      ':if ($a = "}") do={\n  # it\'s (not closed\n  :put "x $[/system identity get name] }"\n} else={ :put 2 }';
    const { statements, problems } = readScript(`${script}\n/ip dns\nset servers=$dns\n`);
    expect(problems).toEqual([]);
    expect(statements[0]).toEqual({ kind: 'scripting', line: 1, source: script });
    expect(statements.map(({ line }) => line)).toEqual([1, 5, 6]);
  });

  it('leaves the continuation line before the end of a statement out of it', () => {
    const { statements } = readScript(':put 1 \\\n    ;/ip dns print where a=b\\\n  \n');
    expect(statements).toMatchObject([
      { kind: 'scripting', source: ':put 1' },
      { kind: 'command', arguments: [{ kind: 'where', source: 'a=b' }] },
    ]);
  });

  it('says where a quote or a bracket is missing, and reads on after what is wrong in one line', () => {
    expect(readScript('/ip dns\nset servers="1.1.1.1\n').problems).toMatchObject([{ line: 2, column: 13 }]);
    expect(readScript('/ip dns set x=(1\n').problems).toMatchObject([{ line: 1, column: 15 }]);
    const two = readScript('= 1\n/ip dns set servers=1.1.1.1\n/ip dns set a=b=c\n');
    expect(two.problems).toMatchObject([
      { line: 1, column: 1 },
      { line: 3, column: 15 },
    ]);
    expect(two.statements).toHaveLength(1);
  });

  it('refuses the prompt of a console, and what is elided, and reads on', () => {
    const text = '[ann@gw-1] /ip/address> print\n[...]\n[…]\n[/ip address print]\n[ find ]\n:put "[a@b]"';
    const { statements, problems } = readScript(text);
    expect(problems).toEqual([
      { line: 1, column: 5, message: 'syntax error' },
      { line: 2, column: 2, message: 'expected command name' },
      { line: 3, column: 2, message: 'expected command name' },
    ]);
    expect(statements.map(({ line }) => line)).toEqual([4, 5, 6]);
  });

  it('keeps bytes that are no UTF-8', () => {
    const { statements } = readScript('/ip dns set comment="\\C3\\A9\\FF\\00"\n');
    expect(statements[0]).toMatchObject({ arguments: [{ value: { text: 'é\uDCFF\0' } }] });
    expect(writeScript(statements)).toContain('"\\C3\\A9\\FF\\00"');
  });

  it('never throws, and what it writes reads the same, whatever the text', () => {
    const piece = fc.constantFrom(
      ...[
        '/ip firewall mangle',
        'add ',
        'set ',
        '[ find ',
        ']',
        'comment=',
        '"',
        '\\',
        '\n',
        ' ',
        '{',
        '}',
        '(',
        ')',
      ],
      ...[
        '$',
        '#',
        ';',
        ':if ',
        'where ',
        'a',
        '=',
        '\\\n    ',
        '\\_',
        '\\FF',
        '~',
        '!x',
        '\r\n',
        'é',
        '\uD800',
        '`',
        '/',
      ],
    );
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const { statements } = readScript(text);
        expectSameAgain(statements);
      }),
      { numRuns: 1_500, examples: [['[ find ]\\\n    #'], ['$\\\n    ;/ip firewall mangle']] },
    );
  });

  it('takes time in proportion to the text, also where every line opens what nothing closes', () => {
    for (const line of [
      '(\n',
      '"\n',
      '"$[\n',
      'a=[{(\n',
      '\\\n',
      '/a/',
      '{\n}\n',
      `add a="${'x'.repeat(50)}\n`,
    ]) {
      expect(readScript(line.repeat(30_000)).problems.length).toBeLessThanOrEqual(1_000);
    }
  });
});
