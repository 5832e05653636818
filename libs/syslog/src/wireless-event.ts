/** A station at an access point; CAPsMAN writes the same. */
export type WirelessEvent = {
  readonly mac: string;
  readonly interface: string;
  /** Written by RouterOS 7's wifi package. */
  readonly ssid?: string;
  /** Absent where what is written is no level, such as 91. */
  readonly signalDbm?: number;
} & (
  | { readonly kind: 'wireless-connected' }
  | { readonly kind: 'wireless-disconnected'; readonly reason?: string }
  | { readonly kind: 'wireless-roamed'; readonly toInterface: string; readonly toSsid?: string }
);

const MAC = '[0-9a-f]{2}(?::[0-9a-f]{2}){5}';
const PLACE = String.raw`([^()\n]{1,64}?)(?:\((.{0,64})\))?`;

const station = new RegExp(
  String.raw`^(${MAC})@${PLACE}:? (?:(connected|disconnected)|roamed to ${MAC}@${PLACE})(?:, (.*))?$`,
  'is',
);
const signal = /(?:^|, )signal strength (-?\d{1,3})$/;

/** `00:11:22:33:44:55@wlan1: connected, signal strength -60`, and the same of `wifi1(ssid)`. */
export function readWireless(text: string): WirelessEvent | undefined {
  const match = text.charAt(17) === '@' ? station.exec(text) : null;
  if (!match) return undefined;
  const [, mac = '', on = '', ssid, state, toInterface, toSsid, detail = ''] = match;
  const level = signal.exec(detail);
  const dbm = Number(level?.[1] ?? 0);
  const who = {
    mac,
    interface: on,
    ...(ssid === undefined ? {} : { ssid }),
    ...(dbm < 0 ? { signalDbm: dbm } : {}),
  };
  if (toInterface !== undefined) {
    return { kind: 'wireless-roamed', ...who, toInterface, ...(toSsid === undefined ? {} : { toSsid }) };
  }
  if (state === 'connected') return { kind: 'wireless-connected', ...who };
  const reason = level ? detail.slice(0, level.index) : detail;
  return { kind: 'wireless-disconnected', ...who, ...(reason === '' ? {} : { reason }) };
}
