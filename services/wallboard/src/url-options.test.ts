import { expect, it } from 'vitest';
import { parseUrlOptions, withUrlOptions } from './url-options.ts';

it('reads the view from the address', () => {
  expect(parseUrlOptions('?kiosk=1&theme=light&units=bytes&tz=UTC&site=van&rotate=30&sound=1')).toEqual({
    kiosk: true,
    theme: 'light',
    units: 'bytes',
    tz: 'UTC',
    site: 'van',
    rotateSeconds: 30,
    sound: true,
  });
});

it('takes what is missing or makes no sense for the default', () => {
  const usual = {
    kiosk: false,
    theme: 'dark',
    units: 'bits',
    tz: undefined,
    site: undefined,
    rotateSeconds: undefined,
    sound: false,
  };
  expect(parseUrlOptions('')).toEqual(usual);
  expect(parseUrlOptions('?kiosk=0&theme=pink&units=bananas&tz=Mars/Base&site=&rotate=-4&sound=no')).toEqual(
    usual,
  );
});

it('turns no faster than a person can look', () => {
  expect(parseUrlOptions('?rotate=0.1').rotateSeconds).toBe(3);
  expect(parseUrlOptions('?rotate=1e9').rotateSeconds).toBe(3_600);
});

it('changes one thing and keeps the rest', () => {
  expect(withUrlOptions('?tz=UTC&theme=dark', { theme: 'light' })).toBe('?tz=UTC&theme=light');
  expect(withUrlOptions('?tz=UTC&site=van', { site: undefined })).toBe('?tz=UTC');
});
