/** What was never tried is not for CI to meet: the same each time. `FUZZ_SEED` tries something else. */
const USUAL_SEED = 20261121;
/** Of all doors together. `FUZZ_SECONDS=3600` tries longer. */
const USUAL_SECONDS = 60;

export const SEED = Number(process.env['FUZZ_SEED'] ?? USUAL_SEED);
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? USUAL_SECONDS);

/** The share of the time that is for one file of tests, in milliseconds. */
export const shareMs = (share: number): number => SECONDS * 1_000 * share;

/** The seed of one attempt at one door, so that it can be made again alone. */
export function seedOf(door: string, attempt: number): number {
  let mixed = SEED ^ Math.imul(attempt + 1, 0x9e3779b1);
  for (const letter of door) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193);
  return mixed >>> 0;
}

/** How a failure is made again, printed before anything is tried. */
export function printSettings(what: string): void {
  process.stdout.write(`fuzzing ${what} with FUZZ_SEED=${SEED} FUZZ_SECONDS=${SECONDS}\n`);
}
