/** The longest that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Aborts when one of the signals does, or when the time is over, with the error of `AbortSignal.timeout`.
 *
 * Node 20 forgets what `AbortSignal.any` makes of `AbortSignal.timeout` at the next garbage collection: it never aborts
 * then. The timer here holds what it aborts. It keeps no program alive.
 */
export function within(ms: number, ...signals: readonly AbortSignal[]): AbortSignal {
  const late = new AbortController();
  const end = (): void =>
    late.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  setTimeout(end, Math.min(ms, LONGEST_MS)).unref();
  return AbortSignal.any([...signals, late.signal]);
}
