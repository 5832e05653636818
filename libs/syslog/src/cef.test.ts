import type { SyslogMessage } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { parse } from '../testing/parsed.ts';

const FAILED_LOGIN = 'login failure for user guest from 192.168.88.17 via ssh';

describe('CEF', () => {
  const header = 'CEF:0|MikroTik|hAP ax^2|7.25beta5|10|system,error,critical|High|';
  const said = `dvchost=MikroTik dvc=192.168.88.36 msg=${FAILED_LOGIN} app=ssh duser=guest src=192.168.88.17`;
  const valueOf = (message: SyslogMessage, name: string): string | undefined =>
    message.structuredData.find((parameter) => parameter.name === name)?.value;

  it('of RouterOS has neither PRI nor year, and its topics for a name', () => {
    const message = parse(`Oct  2 17:36:35 Kirnak main gw ${header}${said}\r\n`);
    expect(message).toMatchObject({
      format: 'cef',
      facility: undefined,
      hostname: 'Kirnak main gw',
      topics: ['system', 'error', 'critical'],
      message: FAILED_LOGIN,
      eventKind: 'login-failure',
    });
    expect(valueOf(message, 'deviceProduct')).toBe('hAP ax^2');
    expect(valueOf(message, 'severity')).toBe('High');
    expect(valueOf(message, 'duser')).toBe('guest');
    expect(valueOf(message, 'src')).toBe('192.168.88.17');
  });

  it('may stand alone; then the device names itself', () => {
    expect(parse(`${header}${said}`)).toMatchObject({ format: 'cef', hostname: 'MikroTik' });
    expect(parse(`<27>${header}`)).toMatchObject({
      format: 'cef',
      facility: 3,
      severity: 3,
      message: 'system,error,critical',
    });
  });

  it('escapes | and \\ in the header, and =, \\ and line ends in the extension', () => {
    const message = parse(
      String.raw`CEF:1|a\|b|c\\d|1|sig|name \= kept|5|msg=a \= b \\ c\nd | e cs1Label=x y filePath=C:\\tmp`,
    );
    expect(message.message).toBe('a = b \\ c\nd | e');
    expect(valueOf(message, 'deviceVendor')).toBe('a|b');
    expect(valueOf(message, 'deviceProduct')).toBe('c\\d');
    expect(valueOf(message, 'name')).toBe('name \\= kept');
    expect(valueOf(message, 'cs1Label')).toBe('x y');
    expect(valueOf(message, 'filePath')).toBe('C:\\tmp');
  });

  it('without its whole header is text', () => {
    expect(parse('CEF:0|a|b|c')).toMatchObject({ format: 'unparsed', message: 'CEF:0|a|b|c' });
  });
});
