import { within } from './deadline.ts';
import { createStallWatch } from './stall-watch.ts';

export interface WatchdogOptions {
  /** How long nothing may come while the log grows. */
  readonly stallMs: number;
  readonly deadlineMs: number;
  /** Whether something is under way that ends by itself. */
  readonly isBusy: () => boolean;
  /** Sum of the end offsets of what there is to read. */
  readonly endOffset: () => Promise<number>;
  readonly onStall: () => Promise<void>;
  /** Told when the end offsets cannot be had; the next look may be luckier. */
  readonly onBlind: (error: unknown) => void;
}

export interface Watchdog {
  start(): void;
  /** Something came. */
  moved(): void;
  stop(): void;
}

/** Looks twice in a stall time whether a consumer stands still. One look at a time. */
export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { stallMs, deadlineMs, isBusy, endOffset, onStall, onBlind } = options;
  const stallWatch = createStallWatch();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    let end: number;
    try {
      end = await within('end offsets', deadlineMs, endOffset());
    } catch (error) {
      onBlind(error);
      return;
    }
    if (isBusy()) stallWatch.moved();
    if (stallWatch.look(end) && timer) await onStall();
  };

  return {
    start() {
      timer = setInterval(() => {
        looking ??= look().finally(() => (looking = undefined));
      }, stallMs / 2);
    },
    moved: () => stallWatch.moved(),
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
