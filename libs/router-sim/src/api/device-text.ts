/** A duration as RouterOS 7 writes it over the API: `1w2d3h4m5s`, whole seconds. */
export function deviceDuration(ms: number): string {
  let left = Math.max(0, Math.floor(ms / 1_000));
  let text = '';
  for (const [unit, seconds] of [
    ['w', 604_800],
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0) text += `${count}${unit}`;
  }
  return left > 0 || text === '' ? `${text}${left}s` : text;
}

/** A moment as RouterOS 7 writes it: `2026-02-25 04:29:31`. The simulated router stands in UTC. */
export function deviceDate(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 19).replace('T', ' ');
}
