import type { SyslogParameter } from '@fairlead/model';
import type { RouterosEvent } from './routeros-event.ts';
import type { SyslogTime } from './time.ts';

export type SyslogFormat = 'routeros-default' | 'routeros-print' | 'rfc3164' | 'rfc5424' | 'cef' | 'unparsed';

/** One message, read. What it does not say is absent. The text is the sender's, and nothing in it is to be believed. */
export interface ParsedMessage {
  readonly format: SyslogFormat;
  /** RFC 5424 table 1. */
  readonly facility?: number;
  /** RFC 5424 table 2. */
  readonly severity?: number;
  readonly time?: SyslogTime;
  readonly hostname?: string;
  readonly appName?: string;
  readonly processId?: string;
  readonly messageId?: string;
  readonly structuredData?: readonly SyslogParameter[];
  /** RouterOS topics; may be empty. */
  readonly topics: readonly string[];
  readonly message: string;
  readonly event?: RouterosEvent;
}
