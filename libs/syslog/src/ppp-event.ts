import { type KnownNames, readName } from './event-name.ts';

const states = [
  'initializing',
  'connecting',
  'authenticated',
  'connected',
  'terminating',
  'disconnected',
] as const;
const services = ['pppoe', 'l2tp', 'pptp', 'sstp', 'ovpn'] as const;

type State = (typeof states)[number];
type Service = (typeof services)[number];

interface StateOfInterface {
  readonly interface: string;
  readonly reason?: string;
}

/** Somebody whom the router lets in, as a server. */
interface Session {
  readonly service?: Service;
  readonly user: string;
  /** Where the caller comes from: a MAC or IP address. */
  readonly caller?: string;
}

/** Sessions of PPP: PPPoE under its own name, L2TP, PPTP, SSTP and OpenVPN with the service named. */
export type PppEvent =
  | ({ readonly kind: `pppoe-${State}` } & StateOfInterface)
  | ({ readonly kind: `ppp-${State}`; readonly service: Service } & StateOfInterface)
  | ({
      readonly kind: 'ppp-logged-in';
      /** Given to the caller. */
      readonly address: string;
    } & Session)
  | ({
      readonly kind: 'ppp-logged-out';
      readonly sessionSeconds: number;
      /** From the caller, as the router counts. */
      readonly rxBytes: number;
      readonly txBytes: number;
      readonly rxPackets: number;
      readonly txPackets: number;
    } & Session)
  | ({
      readonly kind: 'ppp-authentication-failed';
      readonly reason?: string;
    } & Session);

const state = new RegExp(`^(.{1,128}?): (${states.join('|')})(?:\\.\\.\\.)?(?: - (.*))?$`, 's');
const loggedIn = /^(.{1,256}) logged in, ([0-9a-f]*[.:][0-9a-f.:]*)(?: from (\S{1,64}))?$/is;
const loggedOut =
  /^(.{1,256}) logged out, (\d{1,20}) (\d{1,20}) (\d{1,20}) (\d{1,20}) (\d{1,20})(?: from (\S{1,64}))?$/s;
const failure = /^(?:<([^>]{0,64})>)?: user (.{0,256}) authentication failed(?: - (.*))?$/s;
const serviceOfInterface = /^<?(pppoe|l2tp|pptp|sstp|ovpn)-/;

/** Without topics only what is called after its service can be told from a program that says "connected". */
export function readPpp(text: string, topics: readonly string[], known: KnownNames): PppEvent | undefined {
  const service = services.find((one) => topics.includes(one));
  return readState(text, service, known) ?? readAccount(text, service) ?? readFailure(text, service);
}

function readState(text: string, ofTopics: Service | undefined, known: KnownNames): PppEvent | undefined {
  const match = text.includes(': ') ? state.exec(text) : null;
  const reached = match && states.find((one) => one === match[2]);
  const name = match ? readName(match[1] ?? '', known) : undefined;
  if (!match || !reached || name === undefined) return undefined;
  const service = ofTopics ?? services.find((one) => one === serviceOfInterface.exec(name)?.[1]);
  if (service === undefined) return undefined;
  const rest = { interface: name, ...(match[3] === undefined ? {} : { reason: match[3] }) };
  return service === 'pppoe'
    ? { kind: `pppoe-${reached}`, ...rest }
    : { kind: `ppp-${reached}`, service, ...rest };
}

function readAccount(text: string, service: Service | undefined): PppEvent | undefined {
  const ofService = service === undefined ? {} : { service };
  if (text.includes(' logged in, ')) {
    const match = loggedIn.exec(text);
    if (!match) return undefined;
    const [, user = '', address = '', caller] = match;
    return {
      kind: 'ppp-logged-in',
      ...ofService,
      user,
      address,
      ...(caller === undefined ? {} : { caller }),
    };
  }
  const match = text.includes(' logged out, ') ? loggedOut.exec(text) : null;
  if (!match) return undefined;
  const [, user = '', ...counts] = match;
  const caller = counts.pop();
  const [sessionSeconds = 0, rxBytes = 0, txBytes = 0, rxPackets = 0, txPackets = 0] = counts.map(Number);
  return {
    kind: 'ppp-logged-out',
    ...ofService,
    user,
    ...{ sessionSeconds, rxBytes, txBytes, rxPackets, txPackets },
    ...(caller === undefined ? {} : { caller }),
  };
}

/** `<caller>: user bob authentication failed - wrong password`; the caller may be missing. */
function readFailure(text: string, service: Service | undefined): PppEvent | undefined {
  const match = text.includes(' authentication failed') ? failure.exec(text) : null;
  const [, caller = '', user = '', reason] = match ?? [];
  if (!match || (service === undefined && caller === '')) return undefined;
  return {
    kind: 'ppp-authentication-failed',
    ...(service === undefined ? {} : { service }),
    user,
    ...(caller === '' ? {} : { caller }),
    ...(reason === undefined ? {} : { reason }),
  };
}
