/** What somebody may do here. */
export interface Grant {
  /** Sites that may be seen; undefined for all. */
  readonly sites: ReadonlySet<string> | undefined;
  /** Whether orders may be given: acknowledge, pin, lock, mode. */
  readonly mayWrite: boolean;
  /** The token that it comes from; absent where no token is needed. */
  readonly token: { readonly id: string; readonly name: string } | undefined;
}

/** Where no token is needed: everything is seen, and nothing is changed. */
export const openGrant: Grant = { sites: undefined, mayWrite: false, token: undefined };

export const maySee = ({ sites }: Grant, site: string): boolean => sites === undefined || sites.has(site);
