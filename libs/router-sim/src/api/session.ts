import type { Faults } from '../faults.ts';
import type { Pings } from '../kernel/ping.ts';
import type { SimulatedUser } from '../options.ts';
import { ScriptError } from '../scripting/evaluate.ts';
import { type Command, readCommand, refusal, sentence } from './command.ts';
import { createLoginDesk, type LoginForm } from './login.ts';
import type { Menu } from './menu.ts';
import { createReadingCommands, type ReadingScope } from './reading-commands.ts';
import { createRunningCommands } from './running-commands.ts';
import { ApiTrap, trap } from './traps.ts';

/** What a session needs of its router. */
export interface SessionHost {
  readonly menus: readonly Menu[];
  readonly users: readonly SimulatedUser[];
  readonly faults: Faults;
  /** Whether print says `!empty` when it finds nothing. */
  readonly saysEmpty: boolean;
  /** RouterOS 6 or 7. */
  readonly majorVersion: number;
  readonly loginForm: LoginForm;
  log(topics: string, message: string): void;
  readonly pings: Pings;
  /** Runs a script's source. @throws ScriptError */
  runScript(source: string): void;
}

/** What all sessions share beside the router. */
export type SharedTime = Pick<ReadingScope, 'schedule' | 'meter'>;

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

/** One connection of the API: login, commands, what still runs. */
export function createApiSession(host: SessionHost, time: SharedTime, outlet: Outlet): ApiSession {
  const { faults } = host;
  const desk = createLoginDesk(host.users, host.loginForm, () => faults.refuseLogin);
  const running = createRunningCommands();
  let user: SimulatedUser | undefined;
  const { print, listen, monitorTraffic, ping } = createReadingCommands({
    menus: host.menus,
    saysEmpty: host.saysEmpty,
    majorVersion: host.majorVersion,
    pings: withLoss(host.pings, faults),
    ...time,
    need,
    start: startRunning,
    finish: running.finish,
    later({ path, verb }, sentences) {
      // A command that is to stay unanswered stays so.
      if (!(faults.noReply && faults.appliesTo(`${path}/${verb}`))) outlet.send(sentences);
    },
  });

  function logIn(command: Command): string[][] {
    const { remoteAddress, service } = outlet;
    let admitted;
    try {
      admitted = desk.admit(command);
    } catch (error) {
      const name = command.parameters['name'] ?? '';
      host.log(
        'system,error,critical',
        `login failure for user ${name} from ${remoteAddress} via ${service}`,
      );
      return refusal(error, command.tag);
    }
    if (Array.isArray(admitted)) return admitted;
    user = admitted;
    host.log('system,info,account', `user ${user.name} logged in from ${remoteAddress} via ${service}`);
    return [sentence('!done', command.tag)];
  }

  function carryOut(command: Command): string[][] {
    if (['/ping', '/tool/ping'].includes(`${command.path}/${command.verb}`)) return ping(command);
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
      case 'move':
        return [change(menu, command)];
      case 'run':
        if (menu.path === '/system/script') return [run(menu, command)];
        throw trap('badCommand');
      case 'listen':
        return listen(menu, command);
      case 'monitor-traffic':
        if (menu.path === '/interface') return monitorTraffic(command);
        throw trap('badCommand');
      default:
        throw trap('badCommand');
    }
  }

  function change(menu: Menu, { verb, parameters, tag }: Command): string[] {
    if (!menu.editor) throw trap('badCommand');
    need('write');
    const { '.id': id, numbers, ...properties } = parameters;
    if (verb === 'set' && menu.editor.isSettings === true) {
      menu.editor.set('', properties);
      host.log('system,info', `${menu.editor.noun} changed by ${user?.name ?? ''}`);
      return sentence('!done', tag);
    }
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
      else if (verb === 'move') move(menu, target, properties['destination']);
      else if (verb === 'set') menu.editor.set(target, properties);
      else menu.editor.set(target, { disabled: verb === 'disable' ? 'yes' : 'no' });
    }
    changedBy(verb === 'remove' ? 'removed' : verb === 'move' ? 'moved' : 'changed');
    return sentence('!done', tag);
  }

  function move({ editor }: Menu, target: string, before: string | undefined): void {
    if (!editor?.move) throw trap('badCommand');
    editor.move(target, before);
  }

  function run(menu: Menu, { parameters, tag }: Command): string[] {
    need('write');
    const wanted = parameters['.id'] ?? parameters['number'] ?? parameters['numbers'] ?? '';
    const script = menu
      .rows()
      .find(({ properties }) => [properties['.id'], properties['name']].includes(wanted));
    if (!script) throw trap('noSuchItem');
    try {
      host.runScript(script.properties['source'] ?? '');
    } catch (error) {
      if (error instanceof ScriptError) throw trap('scriptFailed', error.message);
      throw error;
    }
    return sentence('!done', tag);
  }

  function need(policy: 'read' | 'write' | 'test'): void {
    if (user?.policies.includes(policy) !== true) throw trap('notPermitted');
  }

  function startRunning(tag: string | undefined, stop: () => void): void {
    if (!running.start(tag, stop)) outlet.close();
  }

  function deliver(command: Command, reply: string[][]): void {
    if (!faults.appliesTo(`${command.path}/${command.verb}`)) {
      outlet.send(reply);
    } else if (faults.noReply) {
      if (!running.has(command.tag)) startRunning(command.tag, () => undefined);
    } else if (faults.closeMidReply) {
      outlet.sendHalf(reply);
    } else if (faults.delayMs > 0 && !running.has(command.tag)) {
      const timer = setTimeout(() => {
        running.finish(command.tag);
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
      else if (name === '/cancel') outlet.send(running.cancel(command));
      else if (faults.fatal !== undefined && faults.appliesTo(name)) fatal(faults.fatal);
      else if (faults.trap !== undefined && faults.appliesTo(name))
        outlet.send(refusal(new ApiTrap([[`=message=${faults.trap}`]]), command.tag));
      else answer(command);
    },
    userName: () => user?.name,
    ended() {
      running.stopAll();
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

/** Computed pings are lost where that is the fault; what becomes of real ones is up to their network. */
function withLoss(pings: Pings, faults: Faults): Pings {
  if (pings.kind === 'real') return pings;
  return {
    kind: 'computed',
    answersBeyond: (gateway) => pings.answersBeyond(gateway) && !faults.losePing(gateway),
  };
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
