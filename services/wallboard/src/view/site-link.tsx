import type { ComponentChildren } from 'preact';
import type { UrlChange } from '../url-options.ts';

/** How a link leads to another view: by its address, and without loading the page again. */
export interface Navigation {
  readonly addressOf: (change: UrlChange) => string;
  readonly go: (change: UrlChange) => void;
}

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
    <a
      href={navigation.addressOf({ site })}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        navigation.go({ site });
      }}
    >
      {children}
    </a>
  );
}
