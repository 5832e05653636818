export { parseSyslog, type SyslogContext } from './parse.ts';
