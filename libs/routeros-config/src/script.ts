/** Where in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What RouterOS would not take, in its own words where it has some. */
export interface ScriptProblem extends Place {
  readonly message: string;
}

/**
 * A value as text, its quotes and escapes resolved; or an expression (`$variable`, `[command]`, `(a + b)`, `{a;b}`), kept as it
 * stands because only a router can evaluate it.
 */
export type ScriptValue =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'expression'; readonly source: string };

/** One argument of a command. A selector holds what stands in `[ find … ]` after the word. */
export type ScriptArgument =
  | { readonly kind: 'property'; readonly name: string; readonly value: ScriptValue }
  | { readonly kind: 'word'; readonly value: ScriptValue }
  | { readonly kind: 'selector'; readonly source: string }
  | { readonly kind: 'where'; readonly source: string };

/**
 * One statement of a RouterOS script. `path` is the whole menu, also of a command that names none itself. What begins with a
 * colon, a brace or a word of the scripting language is delimited and kept as it stands.
 */
export type ScriptStatement =
  | { readonly kind: 'comment'; readonly line: number; readonly text: string }
  | { readonly kind: 'menu'; readonly line: number; readonly path: readonly string[] }
  | {
      readonly kind: 'command';
      readonly line: number;
      readonly path: readonly string[];
      readonly verb: string;
      readonly arguments: readonly ScriptArgument[];
    }
  | { readonly kind: 'scripting'; readonly line: number; readonly source: string };

/** A text read: what it says, and what of it RouterOS would refuse. */
export interface Script {
  readonly statements: readonly ScriptStatement[];
  readonly problems: readonly ScriptProblem[];
}
