import type { Properties } from './configuration.ts';
import { writeText } from './quoted-text.ts';

/** Address list that is not empty while Fairlead is there. */
export const HEARTBEAT_LIST = 'fairlead-heartbeat';

const LIVE = 'new-routing-mark';

/**
 * A scheduler that sets the steering rules back to what is generated while nobody renews the heartbeat. It writes only where
 * there is something to change. The entries of the heartbeat have a timeout, so that they live in memory and go by themselves.
 */
export function deadManScheduler(
  objects: readonly {
    readonly menu: string;
    readonly properties: Properties;
    readonly live?: { readonly property: string };
  }[],
): Properties {
  const commands = objects
    .filter(({ live }) => live?.property === LIVE)
    .map(({ menu, properties: { comment = '', [LIVE]: mark = '' } }) => {
      const safe = writeText(mark);
      return `${menu} set [find comment=${writeText(comment)} ${LIVE}!=${safe}] ${LIVE}=${safe}`;
    });
  return {
    name: 'fairlead-dead-man',
    interval: '1m',
    policy: 'read,write',
    'on-event':
      `:if ([:len [/ip firewall address-list find list=${HEARTBEAT_LIST}]] = 0) ` +
      `do={${commands.join('; ')}}`,
  };
}
