import type { PingAnswer, Pings } from '../kernel/ping.ts';
import { type Command, refusal, sentence } from './command.ts';
import { intervalMs } from './interval.ts';
import type { Menu, Row } from './menu.ts';
import type { TrafficMeter } from './monitor-traffic.ts';
import { computePing, createPingRows, readPing } from './ping.ts';
import { matchesQuery } from './query.ts';
import type { Schedule } from './schedule.ts';
import { trap } from './traps.ts';
import { watchRows } from './watch-rows.ts';

/** What the commands that only look need of their session. */
export interface ReadingScope {
  readonly menus: readonly Menu[];
  /** Whether print says `!empty` when it finds nothing. */
  readonly saysEmpty: boolean;
  /** RouterOS 6 or 7. */
  readonly majorVersion: number;
  readonly schedule: Schedule;
  readonly meter: TrafficMeter;
  readonly pings: Pings;
  /** @throws ApiTrap when the user has not this policy */
  need(policy: 'read' | 'test'): void;
  /** The command goes on until it is stopped. */
  start(tag: string | undefined, stop: () => void): void;
  /** The command has come to its own end. */
  finish(tag: string | undefined): void;
  /** Sends what comes after the first reply. */
  later(command: Command, sentences: string[][]): void;
}

/** Commands that change nothing. Each gives its first reply and throws ApiTrap; some go on. */
export interface ReadingCommands {
  print(menu: Menu, command: Command): string[][];
  listen(menu: Menu, command: Command): string[][];
  monitorTraffic(command: Command): string[][];
  ping(command: Command): string[][];
}

/** Parameters of print that change how a console shows items, and nothing over the API. */
const IGNORED_BY_PRINT = new Set(['stats', 'detail', 'without-paging', 'terse', 'value-list', 'brief']);
const SECOND_MS = 1_000;

export function createReadingCommands(scope: ReadingScope): ReadingCommands {
  const { schedule } = scope;

  function print(menu: Menu, command: Command): string[][] {
    const { '.proplist': proplist, 'count-only': countOnly, ...rest } = command.parameters;
    const { interval, follow, 'follow-only': followOnly, ...shown } = rest;
    const { tag } = command;
    const unknown = Object.keys(shown).find((name) => !IGNORED_BY_PRINT.has(name));
    if (unknown !== undefined) throw trap('unknownParameter', unknown);
    scope.need('read');
    const records = (): string[][] =>
      menu
        .rows()
        .filter((row) => matchesQuery(command.queries, row.properties))
        .map((row) => sentence('!re', tag, attributesOf(row, proplist)));
    if (interval !== undefined) return repeat(command, intervalMs(interval), records);
    if (followOnly !== undefined) return listen(menu, command);
    if (follow !== undefined) return [...records(), ...listen(menu, command)];
    const found = records();
    if (countOnly !== undefined) return [sentence('!done', tag, [`=ret=${found.length}`])];
    const none = found.length === 0 && scope.saysEmpty ? [sentence('!empty', tag)] : [];
    return [...found, ...none, sentence('!done', tag)];
  }

  /** Tells every change of an item's state from now on. Counters are no state. */
  function listen(menu: Menu, command: Command): string[][] {
    const { parameters, queries, tag } = command;
    scope.need('read');
    const look = watchRows(
      () => menu.rows(),
      (id, row) => {
        if (row && !matchesQuery(queries, row.properties)) return;
        const attributes = row ? attributesOf(row, parameters['.proplist']) : [`=.id=${id}`, '=.dead=true'];
        scope.later(command, [sentence('!re', tag, attributes)]);
      },
    );
    const ends = [menu.editor?.listen(look), schedule.onAdvance(look)];
    scope.start(tag, () => ends.forEach((end) => end?.()));
    return [];
  }

  /** Gives rows now and at every interval, until it is cancelled or refused. */
  function repeat(command: Command, everyMs: number, rows: () => string[][]): string[][] {
    const { tag } = command;
    const again = (): void => {
      let sentences: string[][];
      try {
        sentences = rows();
      } catch (error) {
        scope.finish(tag);
        sentences = refusal(error, tag);
      }
      scope.later(command, sentences);
    };
    const first = rows();
    scope.start(tag, schedule.every(everyMs, again));
    return first;
  }

  function monitorTraffic(command: Command): string[][] {
    const { interface: names, once, interval, '.proplist': proplist } = command.parameters;
    scope.need('read');
    if (names === undefined) throw trap('missingArgument', 'interface');
    const rows = (): string[][] =>
      scope.meter.rates(names).map((row) => sentence('!re', command.tag, attributesOf(row, proplist)));
    if (once !== undefined) return [...rows(), sentence('!done', command.tag)];
    return repeat(command, interval === undefined ? SECOND_MS : intervalMs(interval), rows);
  }

  function ping(command: Command): string[][] {
    const { parameters, tag } = command;
    scope.need('test');
    const rowsOf = (path: string) => (): Row[] =>
      scope.menus.find((menu) => menu.path === path)?.rows() ?? [];
    const names = rowsOf('/interface')().map(({ properties }) => properties['name']);
    const request = readPing(parameters, scope.majorVersion, names);
    const rowOf = createPingRows(request, scope.majorVersion);
    const told = (answer: PingAnswer): string[] =>
      sentence('!re', tag, attributesOf(rowOf(answer), parameters['.proplist']));
    const { pings } = scope;
    if (pings.kind === 'real') {
      const stop = pings.start(request, {
        answered: (answer) => scope.later(command, [told(answer)]),
        ended() {
          scope.finish(tag);
          scope.later(command, [sentence('!done', tag)]);
        },
      });
      scope.start(tag, stop);
      return [];
    }
    const world = {
      addresses: rowsOf('/ip/address'),
      routes: rowsOf('/ip/route'),
      answersBeyond: (gateway: string) => pings.answersBeyond(gateway),
    };
    let sent = 0;
    const next = (): string[][] => {
      sent += 1;
      const row = told(computePing(request, world));
      if (sent !== request.count) return [row];
      scope.finish(tag);
      return [row, sentence('!done', tag)];
    };
    return request.count === 1 ? next() : repeat(command, request.intervalMs, next);
  }

  return { print, listen, monitorTraffic, ping };
}

function attributesOf({ properties, oids }: Row, proplist: string | undefined): string[] {
  const names = proplist === undefined || proplist === '' ? Object.keys(properties) : proplist.split(',');
  return names.flatMap((name) => {
    const oid = name.endsWith('.oid');
    const [values, key] = oid ? [oids ?? {}, name.slice(0, -'.oid'.length)] : [properties, name];
    return Object.hasOwn(values, key) ? [`=${name}=${values[key] ?? ''}`] : [];
  });
}
