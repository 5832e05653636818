import type { SyslogParameter } from '@fairlead/model';

/** An event in ArcSight's Common Event Format, as text: RouterOS sends it without PRI. */
export interface CefEvent {
  /** Device event name; RouterOS writes its topics here. */
  readonly name: string;
  readonly message: string | undefined;
  /** Address or name of the device by its own account. */
  readonly deviceHost: string | undefined;
  /** Header as element `cef`, extension as element `extension`. */
  readonly parameters: readonly SyslogParameter[];
}

const headerFields = [
  'version',
  'deviceVendor',
  'deviceProduct',
  'deviceVersion',
  'deviceEventClassId',
  'name',
  'severity',
] as const;

const header =
  /^CEF:(\d{1,3})\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)(?:\||$)/s;
/** A key begins the extension or follows a space; its value reaches to the next key. A `=` in a value is escaped. */
const key = /(?:^| )([\w.[\]-]{1,128})=/g;

/**
 * Reads `CEF:0|vendor|product|version|class|name|severity|key=value …` (ArcSight Common Event Format, revision 25):
 * `\|` and `\\` in the header, `\=`, `\\`, `\n` and `\r` in the extension. Undefined when the header is not whole.
 */
export function readCef(text: string): CefEvent | undefined {
  const match = header.exec(text);
  if (!match) return undefined;
  const fields = match.slice(1).map(unescapeHeader);
  const extension = readExtension(text.slice(match[0].length));
  const parameters = [
    ...headerFields.map((name, index) => ({ element: 'cef', name, value: fields[index] ?? '' })),
    ...extension,
  ];
  const valueOf = (name: string): string | undefined => extension.find((pair) => pair.name === name)?.value;
  return {
    name: fields[5] ?? '',
    message: valueOf('msg'),
    deviceHost: valueOf('dvchost') ?? valueOf('dvc'),
    parameters,
  };
}

function readExtension(text: string): SyslogParameter[] {
  const keys = [...text.matchAll(key)];
  return keys.map((match, index) => {
    const value = text.slice(match.index + match[0].length, keys[index + 1]?.index ?? text.length);
    return { element: 'extension', name: match[1] ?? '', value: unescapeExtension(value.trimEnd()) };
  });
}

function unescapeHeader(value: string): string {
  return value.replace(/\\([|\\])/g, '$1');
}

function unescapeExtension(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\([=\\|nr])/g, (_whole, escaped: string) => {
    if (escaped === 'n') return '\n';
    return escaped === 'r' ? '\r' : escaped;
  });
}
