import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReplayChange, replay } from '../../actors/replay.ts';
import { type CastEvent, openRecording } from '../../services/recording/asciicast.ts';
import { judge } from '../canary/judge.ts';

/** Of one recording: on the machine where it was made, something else may have run. */
const LEAST_ACCURACY = 0.95;
const LEAST_MERGED = 0.95;
const FOLDER = fileURLToPath(new URL('../fixtures/recordings', import.meta.url));
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.cast'))
  .map((file) => file.slice(0, -'.cast'.length));

async function timeline(name: string): Promise<ReplayChange[]> {
  const changes: ReplayChange[] = [];
  for await (const change of replay(await openRecording(path.join(FOLDER, `${name}.cast`))))
    changes.push(change);
  return changes;
}

describe.each(names)('the recording %s', (name) => {
  test('is read right, from the terminal alone', async () => {
    const { screen, dialogs } = await judge(path.join(FOLDER, name));
    expect(screen.busyMerged, JSON.stringify(screen.wrong)).toBeGreaterThanOrEqual(LEAST_MERGED);
    expect(screen.accuracy, JSON.stringify(screen.wrong)).toBeGreaterThanOrEqual(LEAST_ACCURACY);
    expect(screen.missed).toEqual([]);
    expect(dialogs.wrong).toEqual([]);
  });
});

test.each(names.filter((name) => name.includes('lookalike')))(
  '%s: an answer that imitates a dialog or an error is never taken for one',
  async (name) => {
    const states = (await timeline(name)).map(({ state }) => state);
    expect(states).not.toContain('confirming');
    expect(states).not.toContain('slash_menu');
  },
);

test('the timeline does not depend on how the bytes are cut', async () => {
  const file = path.join(FOLDER, '2.1.329-trust.cast');
  const whole = await timeline('2.1.329-trust');
  const events: CastEvent[] = [];
  const recording = await openRecording(file);
  for await (const event of recording.events) events.push(event);
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 400 })), async (sizes) => {
      const cut = events.flatMap((event) => {
        if (event.kind !== 'o') return [event];
        const pieces: CastEvent[] = [];
        for (let at = 0; at < event.data.length; ) {
          const size = sizes.next().value ?? 1;
          pieces.push({ ...event, data: event.data.slice(at, at + size) });
          at += size;
        }
        return pieces;
      });
      const changes: ReplayChange[] = [];
      for await (const change of replay({
        ...recording,
        events: (async function* () {
          yield* cut;
        })(),
      }))
        changes.push(change);
      expect(changes).toEqual(whole);
    }),
    { numRuns: 8 },
  );
});
