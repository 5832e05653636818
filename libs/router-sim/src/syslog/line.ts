const FACILITY_DAEMON = 3;
const SEVERITIES: Readonly<Record<string, number>> = { debug: 7, info: 6, warning: 4, error: 3, critical: 3 };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RouterOS default remote format: topics and text. */
export function defaultLine(topics: string, message: string): string {
  return `${topics} ${message}`;
}

/** RFC 3164 as RouterOS writes it: no tag, no topics, the identity as host. */
export function bsdLine(topics: string, message: string, identity: string, unixMs: number): string {
  const severities = topics.split(',').flatMap((topic) => SEVERITIES[topic] ?? []);
  const priority = FACILITY_DAEMON * 8 + Math.min(6, ...severities);
  const date = new Date(unixMs);
  const day = String(date.getUTCDate()).padStart(2);
  const time = date.toISOString().slice(11, 19);
  return `<${priority}>${MONTHS[date.getUTCMonth()] ?? ''} ${day} ${time} ${identity} ${message}`;
}
