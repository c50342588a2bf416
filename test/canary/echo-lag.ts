import { openRecording } from '../../services/recording/asciicast.ts';

/** Of all characters, this share was echoed faster. */
const SHARE = 0.9;

/**
 * How long Claude Code took to show a typed character, in seconds. On a machine with time to spare it is under 0.05;
 * where it is long, what the canary says of states is about the machine, not about the reading.
 */
export async function echoLag(cast: string): Promise<number> {
  const lags: number[] = [];
  let typedAt: number | undefined;
  for await (const { at, kind, data } of (await openRecording(cast)).events) {
    if (kind === 'i' && data.length === 1 && data >= ' ') typedAt ??= at;
    else if (kind === 'o' && typedAt !== undefined) {
      lags.push(at - typedAt);
      typedAt = undefined;
    }
  }
  lags.sort((a, b) => a - b);
  return lags[Math.floor(lags.length * SHARE)] ?? 0;
}
