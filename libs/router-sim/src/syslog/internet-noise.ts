import type { Random } from '../kernel/random.ts';

export interface InternetNoise {
  /** `firewall,info` lines that came about by this uptime. */
  lines(uptimeMs: number): string[];
  reboot(): void;
}

const MEAN_PAUSE_MS = 6_000;
const PORTS = [22, 23, 80, 443, 445, 3389, 5900, 8291, 8728];

/** Strangers who try ports of the WAN addresses, and whom the input chain drops with a log line. */
export function createInternetNoise(
  wans: readonly { readonly interface: string; readonly address: string }[],
  random: Random,
): InternetNoise {
  const pause = (): number => -Math.log(1 - random()) * MEAN_PAUSE_MS;
  const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];
  const byte = (): number => 1 + Math.floor(random() * 254);
  const drop = (): string => {
    const wan = pick(wans);
    const source = `192.0.2.${byte()}:${1_024 + Math.floor(random() * 60_000)}`;
    return (
      `drop-in input: in:${wan?.interface ?? ''} out:(unknown 0), connection-state:new src-mac 00:00:5e:00:53:01, ` +
      `proto TCP (SYN), ${source}->${wan?.address ?? ''}:${pick(PORTS) ?? 0}, len 40`
    );
  };
  let nextMs = pause();
  return {
    lines(uptimeMs) {
      const lines: string[] = [];
      for (; nextMs <= uptimeMs; nextMs += pause()) lines.push(drop());
      return lines;
    },
    reboot() {
      nextMs = pause();
    },
  };
}
