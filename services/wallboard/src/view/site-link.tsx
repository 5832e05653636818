import type { ComponentChildren } from 'preact';
import { type Navigation, ViewLink } from './view-link.tsx';

/** A link to one site, or to all of them. */
export function SiteLink({
  site,
  current = false,
  navigation,
  children,
}: {
  readonly site: string | undefined;
  readonly current?: boolean;
  readonly navigation: Navigation;
  readonly children: ComponentChildren;
}) {
  return (
    // The router and the WAN that are looked at belong to the site before.
    <ViewLink
      change={{ site, router: undefined, wan: undefined }}
      current={current ? 'page' : undefined}
      navigation={navigation}
    >
      {children}
    </ViewLink>
  );
}
