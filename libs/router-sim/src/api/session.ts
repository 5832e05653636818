import type { Properties } from '../config/config-table.ts';
import type { Faults } from '../faults.ts';
import type { SimulatedUser } from '../options.ts';
import type { Menu, Row } from './menu.ts';
import { matchesQuery } from './query.ts';
import { ApiTrap, trap } from './traps.ts';

/** What a session needs of its router. */
export interface SessionHost {
  readonly menus: readonly Menu[];
  readonly users: readonly SimulatedUser[];
  readonly faults: Faults;
  /** Whether print says `!empty` when it finds nothing. */
  readonly saysEmpty: boolean;
  log(topics: string, message: string): void;
}

/** The way back to the client. */
export interface Outlet {
  readonly remoteAddress: string;
  readonly service: 'api' | 'api-ssl';
  send(sentences: readonly (readonly string[])[]): void;
  /** Sends the first half of what these sentences would be, and closes. */
  sendHalf(sentences: readonly (readonly string[])[]): void;
  /** Closes when everything is sent. */
  close(): void;
}

export interface ApiSession {
  /** Takes one sentence of the client and answers it. */
  receive(words: readonly string[]): void;
  userName(): string | undefined;
  /** The connection is gone: what still runs ends. */
  ended(): void;
}

interface Command {
  readonly path: string;
  readonly verb: string;
  readonly parameters: Properties;
  readonly queries: readonly string[];
  readonly tag: string | undefined;
}

/** Parameters of print that change how a console shows items, and nothing over the API. */
const IGNORED_BY_PRINT = new Set(['stats', 'detail', 'without-paging', 'terse', 'value-list', 'brief']);
/** Commands that wait in a session, so that a client cannot make it hold any number of them. */
const MAX_RUNNING = 100;

/** One connection of the API: login, commands, what still runs. */
export function createApiSession(host: SessionHost, outlet: Outlet): ApiSession {
  const { faults } = host;
  let user: SimulatedUser | undefined;
  /** What can be cancelled: stops it without a word. */
  const running = new Map<string | undefined, () => void>();

  const sentence = (reply: string, tag: string | undefined, attributes: readonly string[] = []): string[] => [
    reply,
    ...(tag === undefined ? [] : [`.tag=${tag}`]),
    ...attributes,
  ];

  function refusal(error: unknown, tag: string | undefined): string[][] {
    if (!(error instanceof ApiTrap)) throw error;
    return [...error.traps.map((attributes) => sentence('!trap', tag, attributes)), sentence('!done', tag)];
  }

  function logIn({ parameters, tag }: Command): string[][] {
    const name = parameters['name'] ?? '';
    const known = host.users.find((candidate) => candidate.name === name);
    const from = `${name} from ${outlet.remoteAddress} via ${outlet.service}`;
    try {
      if (faults.refuseLogin || known === undefined || known.password !== parameters['password']) {
        throw trap('wrongPassword');
      }
      if (!known.policies.includes('api')) throw trap('noApiPolicy');
    } catch (error) {
      host.log('system,error,critical', `login failure for user ${from}`);
      return refusal(error, tag);
    }
    user = known;
    host.log(
      'system,info,account',
      `user ${known.name} logged in from ${outlet.remoteAddress} via ${outlet.service}`,
    );
    return [sentence('!done', tag)];
  }

  function carryOut(command: Command): string[][] {
    const menu = host.menus.find(({ path }) => path === command.path);
    if (!menu) throw missing(host.menus, command);
    switch (command.verb) {
      case 'print':
      case 'getall':
        return print(menu, command);
      case 'set':
      case 'remove':
      case 'enable':
      case 'disable':
      case 'add':
        return [change(menu, command)];
      case 'listen':
        return listen(menu, command);
      default:
        throw trap('badCommand');
    }
  }

  function print(menu: Menu, { parameters, queries, tag }: Command): string[][] {
    const { '.proplist': proplist, 'count-only': countOnly, ...rest } = parameters;
    const unknown = Object.keys(rest).find((name) => !IGNORED_BY_PRINT.has(name));
    if (unknown !== undefined) throw trap('unknownParameter', unknown);
    if (user?.policies.includes('read') !== true) throw trap('notPermitted');
    const rows = menu.rows().filter((row) => matchesQuery(queries, row.properties));
    if (countOnly !== undefined) return [sentence('!done', tag, [`=ret=${rows.length}`])];
    const records = rows.map((row) => sentence('!re', tag, attributesOf(row, proplist)));
    const none = records.length === 0 && host.saysEmpty ? [sentence('!empty', tag)] : [];
    return [...records, ...none, sentence('!done', tag)];
  }

  function change(menu: Menu, { verb, parameters, tag }: Command): string[] {
    if (!menu.editor) throw trap('badCommand');
    if (user?.policies.includes('write') !== true) throw trap('notPermitted');
    const { '.id': id, numbers, ...properties } = parameters;
    const changedBy = (what: string): void =>
      host.log('system,info', `${menu.editor?.noun ?? 'item'} ${what} by ${user?.name ?? ''}`);
    if (verb === 'add') {
      const added = menu.editor.add(properties);
      changedBy('added');
      return sentence('!done', tag, [`=ret=${added}`]);
    }
    const targets = (id ?? numbers ?? '').split(',').filter((target) => target !== '');
    if (targets.length === 0) throw trap('missingArgument', '.id');
    for (const target of targets) {
      if (verb === 'remove') menu.editor.remove(target);
      else if (verb === 'set') menu.editor.set(target, properties);
      else menu.editor.set(target, { disabled: verb === 'disable' ? 'yes' : 'no' });
    }
    changedBy(verb === 'remove' ? 'removed' : 'changed');
    return sentence('!done', tag);
  }

  function listen(menu: Menu, { parameters, tag }: Command): string[][] {
    if (!menu.editor) throw trap('badCommand');
    const proplist = parameters['.proplist'];
    const end = menu.editor.listen((itemId, row) => {
      const attributes = row ? attributesOf(row, proplist) : [`=.id=${itemId}`, '=.dead=true'];
      outlet.send([sentence('!re', tag, attributes)]);
    });
    startRunning(tag, end);
    return [];
  }

  function startRunning(tag: string | undefined, stop: () => void): void {
    running.get(tag)?.();
    running.set(tag, stop);
    if (running.size > MAX_RUNNING) outlet.close();
  }

  function cancel({ parameters, tag }: Command): void {
    const target = parameters['tag'];
    const tags = target === undefined ? [...running.keys()] : [target].filter((key) => running.has(key));
    for (const key of tags) {
      running.get(key)?.();
      running.delete(key);
    }
    const interrupted = trap('interrupted').traps[0] ?? [];
    outlet.send([
      ...tags.map((key) => sentence('!trap', key, interrupted)),
      sentence('!done', tag),
      ...tags.map((key) => sentence('!done', key)),
    ]);
  }

  function deliver(command: Command, reply: string[][]): void {
    if (!faults.appliesTo(`${command.path}/${command.verb}`)) {
      outlet.send(reply);
    } else if (faults.noReply) {
      startRunning(command.tag, () => undefined);
    } else if (faults.closeMidReply) {
      outlet.sendHalf(reply);
    } else if (faults.delayMs > 0) {
      const timer = setTimeout(() => {
        running.delete(command.tag);
        outlet.send(reply);
      }, faults.delayMs);
      startRunning(command.tag, () => clearTimeout(timer));
    } else {
      outlet.send(reply);
    }
  }

  function answer(command: Command): void {
    let reply: string[][];
    try {
      reply = carryOut(command);
    } catch (error) {
      reply = refusal(error, command.tag);
    }
    if (reply.length > 0) deliver(command, reply);
  }

  function fatal(reason: string): void {
    outlet.send([['!fatal', reason]]);
    outlet.close();
  }

  return {
    receive(words) {
      const command = readCommand(words);
      const name = `${command.path}/${command.verb}`;
      if (name === '/login') outlet.send(logIn(command));
      else if (name === '/quit') fatal('session terminated on request');
      else if (!user) fatal('not logged in');
      else if (name === '/cancel') cancel(command);
      else if (faults.fatal !== undefined && faults.appliesTo(name)) fatal(faults.fatal);
      else answer(command);
    },
    userName: () => user?.name,
    ended() {
      for (const stop of running.values()) stop();
      running.clear();
      if (user) {
        host.log(
          'system,info,account',
          `user ${user.name} logged out from ${outlet.remoteAddress} via ${outlet.service}`,
        );
      }
      user = undefined;
    },
  };
}

function readCommand(words: readonly string[]): Command {
  const [name = '', ...rest] = words;
  const slash = name.lastIndexOf('/');
  const parameters: Record<string, string> = {};
  const queries: string[] = [];
  let tag: string | undefined;
  for (const word of rest) {
    if (word.startsWith('?')) queries.push(word);
    else if (word.startsWith('.tag=')) tag = word.slice('.tag='.length);
    else if (word.startsWith('=')) {
      const end = word.indexOf('=', 1);
      if (end === -1) parameters[word.slice(1)] = '';
      else parameters[word.slice(1, end)] = word.slice(end + 1);
    }
  }
  return { path: name.slice(0, Math.max(0, slash)), verb: name.slice(slash + 1), parameters, queries, tag };
}

/** The trap for a menu that is not there: it names the first part of the path that nobody knows. */
function missing(menus: readonly Menu[], { path, verb }: Command): ApiTrap {
  const parts = `${path}/${verb}`.split('/').slice(1);
  const known = (depth: number): boolean =>
    menus.some((menu) => `${menu.path}/`.startsWith(`/${parts.slice(0, depth).join('/')}/`));
  const depth = parts.findIndex((_, index) => !known(index + 1));
  if (depth === parts.length - 1 && path !== '') return trap('badCommand');
  return trap('badMenu', parts[depth] ?? verb);
}

function attributesOf({ properties, oids }: Row, proplist: string | undefined): string[] {
  const names = proplist === undefined || proplist === '' ? Object.keys(properties) : proplist.split(',');
  return names.flatMap((name) => {
    const oid = name.endsWith('.oid');
    const [values, key] = oid ? [oids ?? {}, name.slice(0, -'.oid'.length)] : [properties, name];
    return Object.hasOwn(values, key) ? [`=${name}=${values[key] ?? ''}`] : [];
  });
}
