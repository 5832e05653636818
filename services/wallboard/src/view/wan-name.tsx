import type { WanView } from '@fairlead/live-protocol';
import type { UrlOptions } from '../url-options.ts';
import { type Navigation, ViewLink } from './view-link.tsx';

/** The name of a WAN; it leads to its top talkers and back, except on a wall that nobody touches. */
export function WanName({
  wan: { key, name },
  options,
  navigation,
}: {
  readonly wan: WanView;
  readonly options: UrlOptions;
  readonly navigation: Navigation;
}) {
  if (options.kiosk) return name;
  const isShown = options.wan === key;
  return (
    <ViewLink
      change={{ wan: isShown ? undefined : key }}
      current={isShown ? 'true' : undefined}
      title={`Top talkers of ${name}`}
      navigation={navigation}
    >
      {name}
    </ViewLink>
  );
}
