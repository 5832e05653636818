import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const buf = join(root, 'node_modules/.bin/buf');

/** What the check of growing schemas says when a released file had been edited so. */
async function complaintsOf(file: string, edit: (text: string) => string): Promise<string> {
  const folder = temporaryFolder();
  try {
    cpSync(join(root, 'buf.yaml'), join(folder.path, 'buf.yaml'));
    cpSync(join(root, 'schemas'), join(folder.path, 'schemas'), { recursive: true });
    const path = join(folder.path, 'schemas/fairlead/v1', file);
    const text = readFileSync(path, 'utf8');
    const edited = edit(text);
    expect(edited).not.toBe(text);
    writeFileSync(path, edited);
    const against = join(folder.path, 'schemas/released.binpb');
    const { stdout } = await promisify(execFile)(buf, ['breaking', '--against', against], {
      cwd: folder.path,
    });
    return stdout;
  } catch (error) {
    return (error as { readonly stdout?: string }).stdout ?? String(error);
  } finally {
    folder.remove();
  }
}

describe('a schema that was released', () => {
  it('may grow by a field', async () => {
    const grown = (text: string): string =>
      text.replace('message DeadLetter {', 'message DeadLetter {\n  string note = 900;');
    expect(await complaintsOf('dead_letter.proto', grown)).toBe('');
  });

  it.each([
    ['lose a field', '  string reason = 6;\n', ''],
    ['change a number', 'reason = 6', 'reason = 16'],
    ['change a type', 'string reason = 6', 'uint32 reason = 6'],
    ['rename a field', 'reason = 6', 'cause = 6'],
    ['rename its message', 'message DeadLetter', 'message DeadRecord'],
  ])('may not %s', async (_what, released, edited) => {
    expect(await complaintsOf('dead_letter.proto', (text) => text.replace(released, edited))).toMatch(
      /dead_letter\.proto.*DeadLetter/,
    );
  });
});
