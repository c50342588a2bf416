import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ReplayChange, type ReplayOptions, replay } from '../../actors/replay.ts';
import type { HookBody } from '../../services/claude/hook-body.ts';
import { openRecording } from '../../services/recording/asciicast.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';
import { type Score, score, TOLERANCE, type Truth } from '../recordings/score.ts';
import { echoLag } from './echo-lag.ts';

const Line = z.object({
  t: z.number(),
  state: z.string(),
  shown: z.number().optional(),
  dialog: z.string().optional(),
});
type Line = z.infer<typeof Line>;
const HookLine = z.object({ t: z.number(), hook: z.custom<HookBody>((value) => typeof value === 'object') });

export interface Judgement {
  /** The terminal alone. */
  readonly screen: Score;
  /** Hooks joined in; null when none came. */
  readonly joined: Score | null;
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

/** From the end of the last tool to the next request takes Claude Code 40 to 120 ms (2.1.250 and 2.1.329). */
const MOST_BETWEEN_S = 0.3;

/**
 * The model hears of a tool's end only with the next request. The hook says it before, and is right to: what lies
 * between is not scored where hooks are joined in.
 */
function withoutToolEnds(
  truth: readonly Truth[],
  hooks: readonly z.infer<typeof HookLine>[],
): readonly Truth[] {
  const ends = hooks.filter(({ hook }) => /^PostToolUse/.test(hook.name)).map(({ t }) => t);
  return truth.flatMap((line, at) => {
    const next = truth[at + 1]?.t ?? line.t;
    const ended = ends.findLast((t) => t > line.t && t < next);
    const between = line.state === 'tool_running' && ended !== undefined && next - ended < MOST_BETWEEN_S;
    return between ? [line, { t: ended, state: 'unknown' }] : [line];
  });
}

/**
 * Scores a recording (path without ending): the terminal alone, and with the hooks that came. `tolerance` is the time,
 * in seconds, that Claude Code may take to draw a change: on a machine with too much to do it takes longer.
 */
export async function judge(recording: string, tolerance = TOLERANCE): Promise<Judgement> {
  const cast = `${recording}.cast`;
  const truth = parseLines(Line, `${recording}.truth.jsonl`).map(({ shown, dialog, ...line }) => ({
    ...line,
    ...(shown === undefined ? {} : { shown }),
    ...(dialog === undefined ? {} : { dialog }),
  }));
  const hooks = parseLines(HookLine, `${recording}.hooks.jsonl`);
  const readings: { t: number; kind: DialogReading['kind'] | null }[] = [];
  const alone = await timeline(cast, {
    onReading: ({ at, dialog }) => readings.push({ t: at / 1000, kind: dialog?.kind ?? null }),
  });
  return {
    screen: score(truth, alone, tolerance),
    joined:
      hooks.length === 0
        ? null
        : score(withoutToolEnds(truth, hooks), await timeline(cast, { hooks }), tolerance),
    lag: await echoLag(cast),
    dialogs: dialogsRead(truth, readings),
  };
}
