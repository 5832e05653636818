import { appendFileSync } from 'node:fs';

/** A number that a lab measured, beside that of a peer or a limit. */
export interface LabMeasurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against. Beyond a `limit` `npm run lab` fails. */
  readonly peer: string;
  readonly peerValue: number;
}

/** Hands a number to `npm run lab`, which prints it; in a plain test run nobody asks. */
export function measured({ name, value, unit, peer, peerValue }: LabMeasurement): void {
  const file = process.env['FAIRLEAD_LAB_RESULTS'];
  if (file === undefined) return;
  const ratio = peerValue === 0 ? null : value / peerValue;
  appendFileSync(file, `${JSON.stringify({ name, value, unit, peer, peerValue, ratio })}\n`);
}
