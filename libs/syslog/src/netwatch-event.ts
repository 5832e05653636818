export interface NetwatchEvent {
  readonly kind: 'netwatch-up' | 'netwatch-down';
  readonly type?: string;
  readonly host?: string;
}

const netwatch = /^event (up|down)(?: \[ (.*) \])?$/s;

/** `event down [ type: simple, host: 8.8.8.8 ]`, of RouterOS 7. */
export function readNetwatch(text: string): NetwatchEvent | undefined {
  if (!text.startsWith('event ')) return undefined;
  const match = netwatch.exec(text);
  if (!match) return undefined;
  const parameters = new Map(
    (match[2] ?? '').split(', ').map((pair): [string, string] => {
      const colon = pair.indexOf(': ');
      return colon === -1 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 2)];
    }),
  );
  const type = parameters.get('type');
  const host = parameters.get('host');
  return {
    kind: match[1] === 'up' ? 'netwatch-up' : 'netwatch-down',
    ...(type === undefined ? {} : { type }),
    ...(host === undefined ? {} : { host }),
  };
}
