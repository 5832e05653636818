/** One value that two decoders read differently. */
export interface Difference {
  /** The record, in words. */
  readonly where: string;
  readonly field: string;
  /** undefined where there is no such field. */
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/** A kind of difference that is known, and who is right about it. */
export interface Deviation {
  readonly reason: string;
  readonly covers: (difference: Difference) => boolean;
}

/** What a comparison comes to; both lists are empty when everything is equal or explained. */
interface Judgement {
  readonly unexplained: readonly Difference[];
  /** Reasons of deviations that cover nothing: what they explain does not happen any more. */
  readonly outdated: readonly string[];
}

/** Holds differences against the table of the known ones. */
export function judge(differences: readonly Difference[], deviations: readonly Deviation[]): Judgement {
  return {
    unexplained: differences.filter((difference) => !deviations.some(({ covers }) => covers(difference))),
    outdated: deviations.filter(({ covers }) => !differences.some(covers)).map(({ reason }) => reason),
  };
}

export const inAgreement: Judgement = { unexplained: [], outdated: [] };
