/** A property that may be absent and is a number; over several lines where a comment follows. */
const OPTIONAL_NUMBER = /^ {2}(\w+)\?:\s+(?:\| )?number\s+\| undefined;$/gm;
/** Where a 64-bit field is checked and written as a bigint. */
const AS_BIGINT =
  /(BigInt\.as(?:Int|Uint)N\(64, )message\.(\w+)\) !== message\.\2\)|(64\()message\.(\w+)\);/g;

/**
 * ts-proto writes an optional 64-bit field that is a number in TypeScript (`jstype = JS_NUMBER`) as if it were a bigint,
 * which does not compile; one that is not optional it converts. This converts the others in the same way.
 */
export function mendGeneratedCode(source: string): string {
  const names = new Set([...source.matchAll(OPTIONAL_NUMBER)].map(([, name]) => name));
  return source.replace(
    AS_BIGINT,
    (all, check?: string, checked?: string, write?: string, written?: string) => {
      if (check && names.has(checked)) {
        return `${check}BigInt(message.${checked})) !== BigInt(message.${checked}))`;
      }
      return write && names.has(written) ? `${write}BigInt(message.${written}));` : all;
    },
  );
}
