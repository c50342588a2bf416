import { createHash, timingSafeEqual } from 'node:crypto';

/** Enough for a token of 256 random bits: nobody guesses what was hashed. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares in constant time, also when the lengths differ. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
