import type { SyslogEventField, SyslogMessage } from '@fairlead/model';
import { readSyslog } from './read-syslog.ts';
import type { RouterosEvent } from './routeros-event.ts';
import { toUnixMs } from './time.ts';

/** What the message itself does not say. */
export interface SyslogContext {
  /** When the message arrived, Unix milliseconds. */
  readonly timeMs: number;
  /** Source address, 16 bytes. */
  readonly source: Uint8Array;
  /** Router of the inventory; empty when the sender is not known as one. */
  readonly router: string;
  /** Its /system identity, where that is known and may hold spaces. */
  readonly identity?: string | undefined;
  /** Its interfaces, as far as they are known. */
  readonly interfaces?: ReadonlySet<string> | undefined;
  /** For a sender that speaks for others: the router with this host name, '' when there is none. */
  readonly routerOfHost?: (hostname: string) => string;
}

const utf8 = new TextDecoder();

/** The text of one datagram or frame: UTF-8 (what is not becomes U+FFFD), without closing line ends and zeros. */
export function decodeSyslogText(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && isLineEnd(bytes[end - 1])) end -= 1;
  return utf8.decode(end === bytes.length ? bytes : bytes.subarray(0, end));
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0;
}

/** The record of one message; never throws. */
export function parseSyslog(bytes: Uint8Array, context: SyslogContext): SyslogMessage {
  const parsed = readSyslog(decodeSyslogText(bytes), {
    isRouter: context.router !== '',
    identity: context.identity,
    interfaces: context.interfaces,
  });
  const { time, event, structuredData = [], topics } = parsed;
  const router =
    context.router === '' && parsed.hostname !== undefined
      ? (context.routerOfHost?.(parsed.hostname) ?? '')
      : context.router;
  const deviceTimeMs = time ? toUnixMs(time) : undefined;
  return {
    timeMs: context.timeMs,
    router,
    source: context.source,
    format: parsed.format,
    facility: parsed.facility,
    severity: parsed.severity,
    deviceTimeMs: deviceTimeMs === undefined ? undefined : BigInt(deviceTimeMs),
    hostname: parsed.hostname,
    appName: parsed.appName,
    topics: [...topics],
    message: parsed.message,
    eventKind: event?.kind ?? '',
    eventFields: event ? fieldsOf(event) : [],
    processId: parsed.processId,
    messageId: parsed.messageId,
    structuredData: [...structuredData],
  };
}

function fieldsOf(event: RouterosEvent): SyslogEventField[] {
  const values = event as RouterosEvent & Readonly<Record<string, string | number>>;
  const fields: SyslogEventField[] = [];
  for (const name in values) {
    if (name !== 'kind') fields.push({ name, value: String(values[name]) });
  }
  return fields;
}
