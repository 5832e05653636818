import type { ComponentChildren } from 'preact';
import type { UrlChange } from '../url-options.ts';

/** How a link leads to another view: by its address, and without loading the page again. */
export interface Navigation {
  readonly addressOf: (change: UrlChange) => string;
  readonly go: (change: UrlChange) => void;
}

/** A link to the view that a change of the address makes. */
export function ViewLink({
  change,
  current,
  title,
  navigation,
  children,
}: {
  readonly change: UrlChange;
  readonly current: 'page' | 'true' | undefined;
  readonly title?: string;
  readonly navigation: Navigation;
  readonly children: ComponentChildren;
}) {
  return (
    <a
      href={navigation.addressOf(change)}
      title={title}
      aria-current={current}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        navigation.go(change);
      }}
    >
      {children}
    </a>
  );
}
