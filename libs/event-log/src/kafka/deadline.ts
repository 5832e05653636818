/**
 * Waits for a promise, but not longer than `ms`. What it stands for goes on regardless; it is for calls that have no
 * way to be called off.
 * @param ms Infinity waits for good
 * @throws Error naming what was waited for
 */
export async function within<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
