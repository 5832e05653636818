import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Collects neighbours of the same key into one array, such as the interfaces of one poll. An array is passed on when
 * the key changes or the source completes, so it is for finite sources, where nothing waits for a next value. At
 * `maxSize` it is passed on as it is.
 */
export function bufferAdjacent<T>(
  key: (value: T) => string,
  maxSize = 1_000,
): OperatorFunction<T, readonly T[]> {
  return (source$) =>
    new Observable((subscriber) => {
      let buffer: T[] = [];
      let bufferKey = '';
      const flush = (): void => {
        if (buffer.length > 0) subscriber.next(buffer);
        buffer = [];
      };
      return source$.subscribe({
        next(value) {
          const valueKey = key(value);
          if (valueKey !== bufferKey || buffer.length >= maxSize) flush();
          bufferKey = valueKey;
          buffer.push(value);
        },
        error: (error) => subscriber.error(error),
        complete() {
          flush();
          subscriber.complete();
        },
      });
    });
}
