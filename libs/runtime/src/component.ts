import type { Logger } from 'pino';

/** A part of a process: inert until started, and stopped in the reverse order. */
export interface Component {
  readonly name: string;
  /** Opens sockets and connections; resolves when work can begin. */
  start(): Promise<void>;
  /** Reads again what may change while it runs, such as certificates. What is not sound changes nothing. Never rejects. */
  refresh?(): Promise<void>;
  /** Refuses new work, drains, releases. Safe twice and before start(). */
  stop(): Promise<void>;
  /** How long stopping may take, where that is not as for the others. */
  readonly stopDeadlineMs?: number;
}

/**
 * Starts components in order, waits for the signal, and stops them in reverse order. One that fails to start stops
 * those before it. A component that does not stop within the deadline is left behind and named in the log.
 */
export async function runComponents(
  components: readonly Component[],
  options: { readonly until: Promise<unknown>; readonly log: Logger; readonly stopDeadlineMs?: number },
): Promise<void> {
  const started: Component[] = [];
  try {
    for (const component of components) {
      started.push(component);
      await component.start();
      options.log.debug({ component: component.name }, 'started');
    }
    await options.until;
  } finally {
    for (const component of started.reverse()) await stopWithin(component, options);
  }
}

async function stopWithin(
  component: Component,
  { log, ...options }: { readonly log: Logger; readonly stopDeadlineMs?: number },
): Promise<void> {
  const stopDeadlineMs = component.stopDeadlineMs ?? options.stopDeadlineMs ?? 3_000;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, stopDeadlineMs, 'late');
  });
  try {
    const end = await Promise.race([component.stop(), deadline]);
    if (end === 'late') log.error({ component: component.name, stopDeadlineMs }, 'did not stop in time');
  } catch (error) {
    log.error({ component: component.name, err: error }, 'failed to stop');
  } finally {
    clearTimeout(timer);
  }
}
