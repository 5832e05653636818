const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/**
 * A line of the log as somebody reads it at a terminal: time, level, service, what happened and the particulars; of an error only
 * its message. Text that came from a router does not steer the terminal.
 * @param json one object, as pino writes it; anything else is given back as it is
 */
export function readableLogLine(json: string): string {
  const entry = parse(json);
  if (!entry) return json;
  const { level, time, service, msg, err, ...particulars } = entry;
  const word = LEVELS[Number(level)] ?? 'info';
  const clock = typeof time === 'string' ? new Date(time).toLocaleTimeString('en-GB') : '';
  const who = typeof service === 'string' ? `${service}: ` : '';
  const pairs = Object.entries(particulars).map(([name, value]) => `${name}=${show(value)}`);
  const because = isRecord(err) && typeof err['message'] === 'string' ? [err['message']] : [];
  const what = [typeof msg === 'string' ? msg : '', ...because, ...pairs].filter((part) => part !== '');
  return `${printable(`${clock} ${word.padEnd(5)} ${who}${what.join('; ')}`)}\n`;
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '·');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
