import { type KnownNames, readName } from './event-name.ts';

export interface ConfigurationChange {
  readonly kind: 'configuration-change';
  /** What was changed, in RouterOS's words: `mangle rule`. */
  readonly subject: string;
  readonly action: string;
  /** A user, `scheduler:<name>`, or the newer `winbox-…:user@address`. */
  readonly by: string;
  /** Of `by`, where it is a person or an API session. */
  readonly user?: string;
  /** Of the newer `by`. */
  readonly address?: string;
  /** Internal numbers of the items. */
  readonly items?: string;
  /** Without its end where RouterOS cut a long one into several messages. */
  readonly command?: string;
}

const ACTIONS = 'added|changed|removed|moved|enabled|disabled|scheduled|renamed|set|unset';
const WHO_AND_WHAT = String.raw`(.{1,256}?)(?: \((.*))?`;

const change = new RegExp(`^(.{1,128}?) (${ACTIONS}) by ${WHO_AND_WHAT}$`, 's');
/** `changed script settings by …`, `add file by …`. */
const changeFirst = new RegExp(`^(add|${ACTIONS}) (.{1,64}?) by ${WHO_AND_WHAT}$`, 's');
/** `ssh:admin@10.0.0.1`, `winbox-3.40/tcp-msg(winbox):admin@10.0.0.1`, `api:admin@10.0.0.1/action:2`. */
const changer = /^(?:[^\s:@]+:)?(.+)@([0-9a-f]*[.:][0-9a-f.:]*)(?:\/\S*)?$/i;
/** RouterOS 6 says no more than the name. */
const plainUser = /^[^:@/]+$/;
const changedItems = /^(\*[0-9a-f]+(?:, ?\*[0-9a-f]+)*) = /i;

/** Who changed what: `mangle rule changed by admin`, and since 7.16 with the command in parentheses. */
export function readChange(text: string, known: KnownNames): ConfigurationChange | undefined {
  if (!text.includes(' by ')) return undefined;
  const match = change.exec(text);
  if (match) {
    const subject = readName(match[1] ?? '', known);
    return subject === undefined ? undefined : changeOf(subject, match[2] ?? '', match[3] ?? '', match[4]);
  }
  const other = known.isRouteros ? changeFirst.exec(text) : null;
  if (!other) return undefined;
  const [, action = '', subject = '', by = '', detail] = other;
  return changeOf(subject, action === 'add' ? 'added' : action, by, detail);
}

function changeOf(
  subject: string,
  action: string,
  by: string,
  detail: string | undefined,
): ConfigurationChange {
  const [, user = plainUser.test(by) ? by : undefined, address] = changer.exec(by) ?? [];
  const event: ConfigurationChange = {
    kind: 'configuration-change',
    ...{ subject, action, by },
    ...(user === undefined ? {} : { user }),
    ...(address === undefined ? {} : { address }),
  };
  const text = detail?.endsWith(')') ? detail.slice(0, -1) : (detail ?? '');
  if (text === '') return event;
  const items = changedItems.exec(text);
  if (items?.[1] === undefined) return { ...event, command: text };
  return { ...event, items: items[1], command: text.slice(items[0].length) };
}
