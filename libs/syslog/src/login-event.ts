/** Who came or went, and how. */
interface Login {
  /** As typed by whoever tried; may be empty. */
  readonly user: string;
  /** IP or MAC address; absent on the console, and for sessions that RouterOS opens itself. */
  readonly address?: string;
  /** Service: winbox, ssh, api, rest-api, web, local … Absent where a relay cut it off. */
  readonly via?: string;
}

export type LoginEvent =
  | ({ readonly kind: 'login-success' | 'login-failure' | 'logout' } & Login)
  | { readonly kind: 'login-denied'; readonly address: string; readonly via: string };

const login = /^user (.*) logged (in|out)(?: from (\S+))?(?: via (\S{1,32}))?$/s;
const loginFailure = /^login failure for user (.*) via (\S{1,32})$/s;
const fromAddress = /^(.*) from ([0-9a-f]*[.:][0-9a-f.:]*(?:%\S+)?)$/is;
/** A client that the service does not speak to, such as an old WinBox. */
const denied = /^denied (\S{1,32}) connect from ([0-9a-f]*[.:][0-9a-f.:]*)$/i;
const FAILURE = 'login failure for user ';

/** A user name may hold ` from ` and ` via `: the last ones are RouterOS's. */
export function readLogin(text: string): LoginEvent | undefined {
  if (text.startsWith('user ')) {
    const match = login.exec(text);
    const [, user = '', direction, address, via] = match ?? [];
    if (address === undefined && via === undefined) return undefined;
    return { kind: direction === 'in' ? 'login-success' : 'logout', ...whoOf(user, address, via) };
  }
  if (text.startsWith(FAILURE)) {
    const match = loginFailure.exec(text);
    const who = match?.[1] ?? text.slice(FAILURE.length);
    const from = fromAddress.exec(who);
    if (!match && !from) return undefined;
    return { kind: 'login-failure', ...whoOf(from?.[1] ?? who, from?.[2], match?.[2]) };
  }
  const match = text.startsWith('denied ') ? denied.exec(text) : null;
  return match ? { kind: 'login-denied', address: match[2] ?? '', via: match[1] ?? '' } : undefined;
}

const whoOf = (user: string, address: string | undefined, via: string | undefined): Login => ({
  user,
  ...(address === undefined ? {} : { address }),
  ...(via === undefined ? {} : { via }),
});
