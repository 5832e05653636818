/** Who speaks: templates of one exporter, version and observation domain are nobody else's. */
export interface Speaker {
  /** 16 bytes. */
  readonly exporter: Uint8Array;
  readonly version: number;
  /** Source id in v9. */
  readonly observationDomain: number;
}

export const exporterKey = ({ exporter }: Speaker): string => String.fromCharCode(...exporter);

/** Version (9 or 10), domain (32 bits) and template id (16 bits) in one number below 2^53. */
export const templateKey = (speaker: Speaker, templateId: number): number =>
  domainKey(speaker) * 65_536 + templateId;

export const domainKey = ({ version, observationDomain }: Speaker): number =>
  (version & 0xf) * 2 ** 32 + observationDomain;
