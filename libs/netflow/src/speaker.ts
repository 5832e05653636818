/** Who speaks: templates of one exporter, version and observation domain are nobody else's. */
export interface Speaker {
  /** 16 bytes. */
  readonly exporter: Uint8Array;
  readonly version: number;
  /** Source id in v9. */
  readonly observationDomain: number;
}

let lastExporter = new Uint8Array();
let lastKey = '';

/** The last answer is kept: one datagram asks several times, and the next one is often of the same exporter. */
export function exporterKey({ exporter }: Speaker): string {
  if (!sameBytes(exporter, lastExporter)) {
    lastExporter = exporter.slice();
    lastKey = String.fromCharCode(...exporter);
  }
  return lastKey;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Version (9 or 10), domain (32 bits) and template id (16 bits) in one number below 2^53. */
export const templateKey = (speaker: Speaker, templateId: number): number =>
  domainKey(speaker) * 65_536 + templateId;

export const domainKey = ({ version, observationDomain }: Speaker): number =>
  (version & 0xf) * 2 ** 32 + observationDomain;
