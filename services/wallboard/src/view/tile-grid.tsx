import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Widths of the inside of a tile, in letters of the page, below which it is set closer; words for the style sheet. */
const WIDTHS = [
  [26, 'slim'],
  [20, 'narrow'],
  [14, 'tiny'],
] as const;

/**
 * Tiles side by side, all of one width, which decides how they are set. The width is looked at when it changes: a container
 * query would be answered anew each time a number changes, and took half of the time that the page took at all.
 */
export function TileGrid({
  first,
  children,
}: {
  readonly first: string;
  readonly children: ComponentChildren;
}) {
  const grid = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState<number>();
  useEffect(() => {
    const tile = grid.current?.firstElementChild;
    if (!tile) return undefined;
    const watch = new ResizeObserver(([entry]) => setWidthPx(entry?.contentRect.width));
    watch.observe(tile);
    return () => watch.disconnect();
  }, [first]);
  const words = widthPx === undefined ? [] : wordsOf(widthPx);
  return (
    <div
      class="tiles"
      ref={grid}
      data-width={words.join(' ')}
      style={widthPx === undefined ? {} : { '--tile-part': `${widthPx / 100}px` }}
    >
      {children}
    </div>
  );
}

function wordsOf(widthPx: number): readonly string[] {
  const letterPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return WIDTHS.filter(([letters]) => widthPx < letters * letterPx).map(([, word]) => word);
}
