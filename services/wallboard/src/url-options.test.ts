import { expect, it } from 'vitest';
import { parseUrlOptions, withUrlOptions } from './url-options.ts';

it('reads the view from the address', () => {
  expect(parseUrlOptions('?kiosk=1&theme=light&units=bytes&tz=UTC')).toEqual({
    kiosk: true,
    theme: 'light',
    units: 'bytes',
    tz: 'UTC',
  });
});

it('takes what is missing or makes no sense for the default', () => {
  const usual = { kiosk: false, theme: 'dark', units: 'bits', tz: undefined };
  expect(parseUrlOptions('')).toEqual(usual);
  expect(parseUrlOptions('?kiosk=0&theme=pink&units=bananas&tz=Mars/Base')).toEqual(usual);
});

it('changes one thing and keeps the rest', () => {
  expect(withUrlOptions('?tz=UTC&theme=dark', { theme: 'light' })).toBe('?tz=UTC&theme=light');
});
