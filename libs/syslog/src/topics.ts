/** Topics that name a severity; RouterOS puts one on nearly every message. */
const severities = ['critical', 'error', 'warning', 'info', 'debug'];

/** The other topics of RouterOS 6 and 7 (manual, "Log": topics). */
const subjects = `
  account acme-client amt async backup bfd bgp bridge bth calc caps certificate clock container ddns dhcp disk dns dot1x
  dude e-mail event evpn fetch firewall gps gsm health hotspot igmp-proxy interface iot ipsec iscsi isdn isis kvm l2tp ldp
  lora lte manager mlag mme mpls mqtt mvrp natpmp netinstall netwatch ntp ospf ovpn packet pim poe-out ppp pppoe pptp
  profiler ptp queue radius radvd raw read rip romon route rpki rsvp script sertcp simulator smb sms snmp socksify ssh
  ssld sstp state store stp syslog system telephony tftp timer tr069 update upnp ups vlan vpls vrrp watchdog web-proxy
  wifi wireguard wireless write zerotier`;

const known = new Set([...severities, ...subjects.trim().split(/\s+/)]);

/** Lists that were read before: routers send a few dozen, again and again. What anybody may invent is bounded. */
const lists = new Map<string, readonly string[]>();
const MAX_LISTS = 1_024;
const MAX_LIST_LENGTH = 64;
const NONE: readonly string[] = [];

/** A topic that is newer than this list is known by the severity beside it: `<topic>,info`. */
const topicLike = /^[a-z][a-z0-9-]{1,19}$/;

/** The topics that a word such as `system,error,critical` lists; empty when it is not a list of RouterOS topics. */
export function readTopics(word: string): readonly string[] {
  if (!word.includes(',')) return NONE;
  const read = lists.get(word);
  if (read) return read;
  const topics = word.split(',');
  const isList =
    topics.every((topic) => known.has(topic)) ||
    (topics.some((topic) => severities.includes(topic)) && topics.every((topic) => topicLike.test(topic)));
  if (!isList) return NONE;
  // Joined anew: the word is a slice that would keep its whole message in memory.
  if (lists.size < MAX_LISTS && word.length <= MAX_LIST_LENGTH) lists.set(topics.join(','), topics);
  return topics;
}

/** A single topic, as some messages have (`dns query from …`); only a known one, since it is but a word. */
export function readSingleTopic(word: string): readonly string[] {
  return known.has(word) ? [word] : NONE;
}
