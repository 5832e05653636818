import type { SyslogParameter } from '@fairlead/model';

/** One element of RFC 5424 section 6.3.1 with its opening bracket; a value may hold escaped `"`, `\` and `]`. */
const elementStart = /\[([^\s=\]"]{1,128})/y;
const parameter = / +([^\s=\]"]{1,128})="((?:[^"\\\]]|\\.)*)"/sy;
const elementEnd = / *\]/y;

/**
 * Each parameter repeats the name of its element in a record, so that a message could grow without this and the limit of
 * names, which RFC 5424 has at 32 characters.
 */
const MAX_PARAMETERS = 1_024;

/** Structured data at the beginning of a text. */
export interface LeadingStructuredData {
  readonly length: number;
  readonly parameters: readonly SyslogParameter[];
}

/**
 * Reads structured data (RFC 5424 section 6.3), or its nil value `-`. An element without parameters becomes one
 * parameter without a name, so that it is not lost. Undefined when the text does not begin with well-formed data.
 */
export function readStructuredData(text: string, start: number): LeadingStructuredData | undefined {
  if (text.charCodeAt(start) === HYPHEN) return { length: 1, parameters: [] };
  const parameters: SyslogParameter[] = [];
  let at = start;
  const take = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at;
    const match = form.exec(text);
    if (match) at = form.lastIndex;
    return match;
  };
  for (let open = take(elementStart); open; open = take(elementStart)) {
    const element = open[1] ?? '';
    const before = parameters.length;
    for (let pair = take(parameter); pair; pair = take(parameter)) {
      parameters.push({ element, name: pair[1] ?? '', value: unescape(pair[2] ?? '') });
    }
    if (!take(elementEnd) || parameters.length > MAX_PARAMETERS) return undefined;
    if (parameters.length === before) parameters.push({ element, name: '', value: '' });
  }
  return at === start ? undefined : { length: at - start, parameters };
}

/** A backslash before any other character is itself (section 6.3.3). */
function unescape(value: string): string {
  return value.includes('\\') ? value.replace(/\\(["\\\]])/g, '$1') : value;
}

const HYPHEN = 0x2d;
