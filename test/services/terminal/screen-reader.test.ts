import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CastEvent, openRecording } from '../../../services/recording/asciicast.ts';
import { createVirtualClock } from '../../../services/recording/virtual-clock.ts';
import type { ScreenReading } from '../../../services/terminal/reading.ts';
import { createScreenReader } from '../../../services/terminal/screen-reader.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/recordings', import.meta.url));
/** One each of the old and the new renderer, of a small window, of one that is resized. */
const RECORDINGS = ['2.0.60-trust', '2.1.329-trust', '2.1.120-questions-80x24', '2.1.150-resizes'];
const COLUMNS = 60;
const ROWS = 20;
/** Longer than a frame, and than a synchronized update that is never closed. */
const LONG_ENOUGH_MS = 1_000;
/** Ends whatever sequence is open and resets the terminal: what a new program would begin with. */
const RESET = '\u0018\u001bc';
const IDLE = ['● an answer', '', '─'.repeat(COLUMNS), '❯ ', '─'.repeat(COLUMNS), '  ? for shortcuts'].join(
  '\r\n',
);

function bench(columns = COLUMNS, rows = ROWS) {
  const clock = createVirtualClock();
  const readings: ScreenReading[] = [];
  const reader = createScreenReader({
    columns,
    rows,
    scrollback: 10,
    clock,
    onReading: (reading) => readings.push(reading),
    onReply: () => {},
  });
  return {
    reader,
    readings,
    feed: (data: string | Uint8Array) => new Promise<void>((parsed) => reader.feed(data, parsed)),
    passes: (ms: number) => clock.moveTo(clock.now() + ms),
    moveTo: (ms: number) => clock.moveTo(ms),
  };
}

/** Pieces of a terminal's language, whole and broken. */
const pieces = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      '\u001b[',
      '\u001b]0;half a title',
      '\u001bPq half a picture',
      '\u001b[?2026h',
      '\u001b[?1049h',
      '\u001b[?1049l',
      '\u001b[2J\u001b[H',
      '\u001b[999999999C',
      '\u001b[38;2;1;2',
      '\u001b[5;2r',
      '\u001b(0',
      '─'.repeat(COLUMNS),
      '❯ 1. Yes',
      '● API Error: 500',
      'Esc to cancel',
      '\r\n',
    )
    .map((text) => Buffer.from(text)),
);
const step = fc.oneof(
  pieces.map((data) => ({ kind: 'bytes', data }) as const),
  fc
    .record({ columns: fc.integer({ min: 2, max: 220 }), rows: fc.integer({ min: 2, max: 70 }) })
    .map((size) => ({ kind: 'resize', ...size }) as const),
  fc.integer({ min: 0, max: 400 }).map((ms) => ({ kind: 'time', ms }) as const),
);

describe('whatever a terminal shows', () => {
  it('is read without an exception, and what comes after it is read right', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { reader, readings, feed, passes } = bench();
        try {
          for (const each of steps) {
            if (each.kind === 'bytes') await feed(each.data);
            else if (each.kind === 'resize') reader.resize(each.columns, each.rows);
            else passes(each.ms);
            reader.reading();
          }
          passes(LONG_ENOUGH_MS);
          reader.resize(COLUMNS, ROWS);
          await feed(`${RESET}${IDLE}`);
          passes(LONG_ENOUGH_MS);
          expect(reader.reading()).toMatchObject({ level: 'idle', composer: { kind: 'empty' } });
          expect(readings.at(-1)).toMatchObject({ level: 'idle' });
        } finally {
          reader.dispose();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('no character is lost where its bytes are cut', async () => {
    const { reader, feed } = bench();
    for (const byte of Buffer.from('✻ Thinking… 日本語 🎉')) await feed(Uint8Array.of(byte));
    expect(reader.text()).toBe('✻ Thinking… 日本語 🎉');
    reader.dispose();
  });

  it('an update that is never closed does not hide the screen for long', async () => {
    const { reader, readings, feed, passes } = bench();
    await feed(`\u001b[?2026h${IDLE}`);
    passes(LONG_ENOUGH_MS);
    expect(readings.at(-1)).toMatchObject({ level: 'idle' });
    reader.dispose();
  });
});

async function eventsOf(file: string) {
  const recording = await openRecording(path.join(FOLDER, `${file}.cast`));
  const events: CastEvent[] = [];
  for await (const event of recording.events) events.push(event);
  return { ...recording, events };
}

/** Plays a recording; `cut` says how its bytes come, `resizes` are added at some of its events. */
async function play(
  recording: Awaited<ReturnType<typeof eventsOf>>,
  cut: (bytes: Buffer) => readonly Uint8Array[],
  resizes: ReadonlyMap<number, readonly [number, number]> = new Map(),
) {
  const { reader, readings, feed, moveTo, passes } = bench(recording.columns, recording.rows);
  try {
    for (const [index, { at, kind, data }] of recording.events.entries()) {
      moveTo(at * 1_000);
      if (kind === 'o') for (const piece of cut(Buffer.from(data))) await feed(piece);
      const size = resizes.get(index);
      if (size !== undefined) reader.resize(...size);
    }
    passes(LONG_ENOUGH_MS);
    return readings.map(({ level, at }) => ({ level, at }));
  } finally {
    reader.dispose();
  }
}

describe.each(RECORDINGS)('the recording %s', (file) => {
  it('says the same however its bytes are cut, in the middle of a sequence or of a character', async () => {
    const recording = await eventsOf(file);
    const whole = await play(recording, (bytes) => [bytes]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 97 }), async (size) => {
        const cut = (bytes: Buffer) =>
          Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.subarray(index * size, (index + 1) * size),
          );
        expect(await play(recording, cut)).toEqual(whole);
      }),
      { numRuns: 4 },
    );
  });

  it('is read through resizes at any moment', async () => {
    const recording = await eventsOf(file);
    const resize = fc.tuple(
      fc.integer({ min: 0, max: recording.events.length - 1 }),
      fc.tuple(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 2, max: 60 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(resize, { maxLength: 12 }), async (resizes) => {
        const read = await play(recording, (bytes) => [bytes], new Map(resizes));
        expect(read.length).toBeGreaterThan(0);
      }),
      { numRuns: 4 },
    );
  });
});
