export { createFrameDecoder, type FrameDecoder, type FrameDecoderOptions } from './frame-decoder.ts';
export { decodeSyslogText, parseSyslog, type SyslogContext } from './parse.ts';
export type { ParsedMessage, SyslogFormat } from './parsed-message.ts';
export { readSyslog, type Sender } from './read-syslog.ts';
export type { RouterosEvent } from './routeros-event.ts';
export { type SyslogTime, type TimeDefaults, toIsoTime, yearOfReceipt } from './time.ts';
