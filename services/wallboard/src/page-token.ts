const KEY = 'fairlead-token';

/**
 * The token that the page opens its socket with: what stands behind `#t=` in its address, which no server and no log is
 * told, and afterwards what this tab remembers. It is taken out of the address, so that nobody reads it off the wall.
 */
export function takePageToken(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
  memory: Pick<Storage, 'getItem' | 'setItem'>,
): string | undefined {
  const [, token] = /^#t=([\w-]{1,128})$/.exec(location.hash) ?? [];
  if (token !== undefined) {
    memory.setItem(KEY, token);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return token ?? memory.getItem(KEY) ?? undefined;
}
