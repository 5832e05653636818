/** One Ctrl-C can arrive twice: from the terminal, and handed on by npm where its shell does not stand between. */
const SAME_PRESS_MS = 500;

/**
 * Resolves at the first SIGINT or SIGTERM. One that comes later ends the process at once, for when stopping hangs.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAtMs: number | undefined;
    const handle = (signal: NodeJS.Signals): void => {
      askedAtMs ??= performance.now();
      if (performance.now() - askedAtMs > SAME_PRESS_MS) process.exit(130);
      resolve(signal);
    };
    process.on('SIGINT', handle);
    process.on('SIGTERM', handle);
  });
}

/** Calls at every SIGHUP, which then no longer ends the process. @returns the call that ends it */
export function onHangup(handle: () => void): () => void {
  process.on('SIGHUP', handle);
  return () => process.off('SIGHUP', handle);
}
