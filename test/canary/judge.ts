import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Heard, type ReplayChange, type ReplayOptions, replay } from '../../actors/replay.ts';
import type { HookBody } from '../../services/claude/hook-body.ts';
import type { SessionStatus } from '../../services/claude/session-registry.ts';
import { openRecording } from '../../services/recording/asciicast.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';
import { type Score, score, TOLERANCE } from '../recordings/score.ts';
import { echoLag } from './echo-lag.ts';
import { withoutLateTruth } from './told-by-hooks.ts';

const Line = z.object({
  t: z.number(),
  state: z.string(),
  shown: z.number().optional(),
  dialog: z.string().optional(),
});
type Line = z.infer<typeof Line>;
const HeardLine: z.ZodType<Heard> = z.union([
  z.object({ t: z.number(), hook: z.custom<HookBody>((value) => typeof value === 'object') }),
  z.object({ t: z.number(), register: z.custom<SessionStatus | null>((value) => typeof value === 'object') }),
]);

export interface Judgement {
  /** The terminal alone. */
  readonly screen: Score;
  /** Hooks and register joined in; null when nothing of the kind came. */
  readonly joined: Score | null;
  /** As where one of them is missing: older versions keep no register, and hooks may be refused. */
  readonly partly: { readonly hooks: Score | null; readonly register: Score | null };
  /** Seconds that Claude Code took to show what was typed. */
  readonly lag: number;
  /** Dialogs that stood on the screen, and how many of them were read as what they were. */
  readonly dialogs: { readonly shown: number; readonly right: number; readonly wrong: readonly string[] };
}

function parseLines<T>(schema: z.ZodType<T>, file: string): T[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}

async function timeline(cast: string, options: ReplayOptions): Promise<ReplayChange[]> {
  const changes: ReplayChange[] = [];
  for await (const change of replay(await openRecording(cast), options)) changes.push(change);
  return changes;
}

function dialogsRead(
  truth: readonly Line[],
  readings: readonly { readonly t: number; readonly kind: DialogReading['kind'] | null }[],
): Judgement['dialogs'] {
  const spans = truth.flatMap((line, at) =>
    line.dialog === undefined ? [] : [{ t: line.t, dialog: line.dialog, end: truth[at + 1]?.t ?? line.t }],
  );
  const wrong = spans.flatMap(({ t, dialog, end }) => {
    const seen = readings.findLast((reading) => reading.t < end - 0.1)?.kind ?? 'none';
    return seen === dialog ? [] : [`${dialog} read as ${seen} at ${t.toFixed(1)} s`];
  });
  return { shown: spans.length, right: spans.length - wrong.length, wrong };
}

/**
 * Scores a recording (path without ending): the terminal alone, and with the signals that came beside it. `tolerance` is the time,
 * in seconds, that Claude Code may take to draw a change: on a machine with too much to do it takes longer.
 */
export async function judge(recording: string, tolerance = TOLERANCE): Promise<Judgement> {
  const cast = `${recording}.cast`;
  const truth = parseLines(Line, `${recording}.truth.jsonl`).map(({ shown, dialog, ...line }) => ({
    ...line,
    ...(shown === undefined ? {} : { shown }),
    ...(dialog === undefined ? {} : { dialog }),
  }));
  const heard = parseLines(HeardLine, `${recording}.heard.jsonl`);
  const readings: { t: number; kind: DialogReading['kind'] | null }[] = [];
  const alone = await timeline(cast, {
    onReading: ({ at, dialog }) => readings.push({ t: at / 1000, kind: dialog?.kind ?? null }),
  });
  const joinedWith = async (signals: readonly Heard[]) =>
    signals.length === 0
      ? null
      : score(withoutLateTruth(truth, signals), await timeline(cast, { heard: signals }), tolerance);
  return {
    screen: score(truth, alone, tolerance),
    joined: await joinedWith(heard),
    partly: {
      hooks: await joinedWith(heard.filter((each) => 'hook' in each)),
      register: await joinedWith(heard.filter((each) => 'register' in each)),
    },
    lag: await echoLag(cast),
    dialogs: dialogsRead(truth, readings),
  };
}
