import {
  createScriptedRouter,
  type Script,
  type ScriptedPeer,
  type ScriptedRouter,
} from './scripted-router.ts';

type Item = Record<string, string>;

export interface FakeRouter extends ScriptedRouter {
  /** The items of each menu, such as `/interface`; change them at any time. Each has its `.id`. */
  readonly menus: Record<string, Item[]>;
  /** Sees a command first; true: it was dealt with. */
  intercept: (words: readonly string[], peer: ScriptedPeer) => boolean;
  /** Sees the login; true: it was dealt with. */
  interceptLogin: (peer: ScriptedPeer, words: readonly string[]) => boolean;
  /** Does what `set` does, without an answer. */
  applySet(words: readonly string[]): void;
}

/**
 * A fake, not a simulation: menus are tables of properties; `print` knows queries by equality and `.proplist`, `set` and
 * `remove` know `.id`, `add` takes anything, and every other command is a trap. Behaviour of RouterOS beyond that is in @fairlead/router-sim.
 */
export async function createFakeRouter(menus: Record<string, Item[]>): Promise<FakeRouter> {
  let added = 0;
  const answer: Script = (words, peer) => {
    if (router.intercept(words, peer)) return;
    const [command = ''] = words;
    const items = menus[command.slice(0, command.lastIndexOf('/'))];
    if (items && command.endsWith('/print')) {
      for (const item of items.filter((entry) => matches(entry, words))) {
        peer.reply('!re', ...Object.entries(select(item, words)).map(([name, value]) => `=${name}=${value}`));
      }
    } else if (items && command.endsWith('/set')) router.applySet(words);
    else if (items && command.endsWith('/add'))
      items.push({ ...valuesOf(words), '.id': `*N${(added += 1)}` });
    else if (items && command.endsWith('/remove')) {
      const index = items.findIndex((item) => item['.id'] === valuesOf(words)['.id']);
      if (index !== -1) items.splice(index, 1);
    } else peer.reply('!trap', '=category=0', '=message=no such command');
    peer.reply('!done');
  };
  const scripted = await createScriptedRouter(answer, (words, peer) => {
    if (!router.interceptLogin(peer, words)) peer.reply('!done');
  });
  const router: FakeRouter = {
    ...scripted,
    menus,
    intercept: () => false,
    interceptLogin: () => false,
    applySet([command = '', ...words]) {
      const values = valuesOf(words);
      for (const item of menus[command.slice(0, command.lastIndexOf('/'))] ?? []) {
        if (item['.id'] === values['.id']) Object.assign(item, values);
      }
    },
  };
  return router;
}

/** Equality only: `?a=x`, `?b=y` and, for alternatives, `?a=x`, `?a=y`, `?#|`. */
function matches(item: Item, words: readonly string[]): boolean {
  const queries = words.filter((word) => word.startsWith('?'));
  const results = queries
    .filter((word) => !word.startsWith('?#'))
    .map((word) => {
      const [name, value] = splitWord(word);
      return item[name] === value;
    });
  return queries.some((word) => word.startsWith('?#|')) ? results.some(Boolean) : results.every(Boolean);
}

function select(item: Item, words: readonly string[]): Item {
  const list = words.find((word) => word.startsWith('=.proplist='));
  if (list === undefined) return item;
  const wanted = list.slice('=.proplist='.length).split(',');
  return Object.fromEntries(Object.entries(item).filter(([name]) => wanted.includes(name)));
}

const valuesOf = (words: readonly string[]): Item =>
  Object.fromEntries(words.filter((word) => word.startsWith('=')).map(splitWord));

/** `=name=value` and `?name=value`. */
function splitWord(word: string): [string, string] {
  const separator = word.indexOf('=', 1);
  return [word.slice(1, separator), word.slice(separator + 1)];
}
