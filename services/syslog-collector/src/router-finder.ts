import { addressToBytes, type Inventory, type InventorySource } from '@fairlead/model';
import type { PeerCertificate } from '@fairlead/stream-intake';
import { type Cidr, isInCidr, parseCidr } from '@fairlead/udp-intake';

/** Says which router a message is of. */
export interface RouterFinder {
  /** The router at the other end; '' when it is none. */
  routerOf(peer: { readonly address: string; readonly certificate?: PeerCertificate | undefined }): string;
  /** The router that a relay speaks for; '' when the host name is no router's, or the address no relay's. */
  routerBehind(relay: string, hostname: string): string;
  isRelay(address: string): boolean;
  /** The /system identity of a router where the inventory gives it. */
  identityOf(router: string): string | undefined;
  /** Its interfaces that the inventory names. */
  interfacesOf(router: string): ReadonlySet<string> | undefined;
  /** Whether a router of the inventory has a certificate with this SHA-256. */
  isPinned(fingerprint256: string): boolean;
}

interface Known {
  readonly inventory: Inventory;
  readonly byFingerprint: ReadonlyMap<string, string>;
  readonly byCertificateName: ReadonlyMap<string, string>;
  readonly byIdentity: ReadonlyMap<string, string>;
  readonly identities: ReadonlyMap<string, string | undefined>;
  readonly interfaces: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * The order of proof, strongest first; who has the stronger is never asked for the weaker:
 * 1. the certificate, because its key was needed for the handshake: its fingerprint, then a name in it if a configured
 *    CA signed it;
 * 2. the source address: over TCP and TLS its owner has answered the handshake, over UDP anyone on the way may write it;
 * 3. the host name in the message, which anyone may write: only of relays, and only where 1 and 2 are nobody's.
 * So a router cannot speak as another by what it writes, and a stranger not at all. A name or fingerprint that two
 * routers have is neither's.
 */
export function createRouterFinder(
  source: InventorySource,
  routerOfAddress: (address: string) => string,
  relays: readonly string[],
): RouterFinder {
  const blocks = relays.map(parseCidr).filter((block): block is Cidr => block !== undefined);
  let known = gather(source.current());
  const now = (): Known => {
    const inventory = source.current();
    if (inventory !== known.inventory) known = gather(inventory);
    return known;
  };
  const isRelay = (address: string): boolean => {
    if (blocks.length === 0) return false;
    const bytes = addressToBytes(address);
    return blocks.some((block) => isInCidr(block, bytes));
  };

  return {
    routerOf({ address, certificate }) {
      const proven = certificate && routerOfCertificate(now(), certificate);
      return proven ?? routerOfAddress(address);
    },
    routerBehind: (relay, hostname) =>
      isRelay(relay) ? (now().byIdentity.get(hostname.toLowerCase()) ?? '') : '',
    isRelay,
    identityOf: (router) => now().identities.get(router),
    interfacesOf: (router) => now().interfaces.get(router),
    isPinned: (fingerprint256) => now().byFingerprint.has(plain(fingerprint256)),
  };
}

function routerOfCertificate(known: Known, certificate: PeerCertificate): string | undefined {
  const pinned = known.byFingerprint.get(plain(certificate.fingerprint256));
  if (pinned !== undefined || !certificate.isSigned) return pinned;
  const routers = new Set(
    certificate.names.flatMap((name) => known.byCertificateName.get(name.toLowerCase()) ?? []),
  );
  const [router] = routers;
  return routers.size === 1 ? router : undefined;
}

function gather(inventory: Inventory): Known {
  return {
    inventory,
    byFingerprint: uniqueNames(inventory, ({ syslog }) => [plain(syslog?.certificate?.fingerprint ?? '')]),
    byCertificateName: uniqueNames(inventory, ({ syslog }) => [syslog?.certificate?.name ?? '']),
    byIdentity: uniqueNames(inventory, ({ name, syslog }) => [name, syslog?.identity ?? '']),
    identities: new Map(inventory.map(({ name, syslog }) => [name, syslog?.identity])),
    interfaces: new Map(inventory.map(({ name, wans }) => [name, new Set(wans.map((wan) => wan.interface))])),
  };
}

/** Routers by what only they have, in small letters. */
function uniqueNames(
  inventory: Inventory,
  textsOf: (router: Inventory[number]) => readonly string[],
): ReadonlyMap<string, string> {
  const owners = new Map<string, Set<string>>();
  for (const router of inventory) {
    for (const text of textsOf(router).filter((one) => one !== '')) {
      const key = text.toLowerCase();
      owners.set(key, (owners.get(key) ?? new Set()).add(router.name));
    }
  }
  return new Map(
    [...owners].flatMap(([text, [name, ...others]]) => (name && others.length === 0 ? [[text, name]] : [])),
  );
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();
