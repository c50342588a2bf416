import type { Heard } from '../../actors/replay.ts';
import type { Truth } from '../recordings/score.ts';

/** From the end of the last tool to the next request takes Claude Code 40 to 120 ms (2.1.250 and 2.1.329). */
const MOST_BETWEEN_S = 0.3;

/**
 * Of some changes the truth hears late, and a hook tells of them before: the model learns of the end of a tool, and of
 * a turn that Claude Code begins by itself, only with the next request; the scenario sees the end of a compaction only
 * when it is drawn. Which state that hook ends, and which one comes after it:
 */
const AHEAD: readonly (readonly [hook: RegExp, ends: string, begins: string | null])[] = [
  [/^PostToolUse/, 'tool_running', null],
  [/^UserPromptSubmit$/, 'idle', 'thinking'],
  [/^PostCompact$/, 'thinking', 'idle'],
];

/** The truth for those who hear hooks: what lies between such a hook and the truth's own change is not scored. */
export function withoutLateTruth(truth: readonly Truth[], heard: readonly Heard[]): readonly Truth[] {
  const hooks = heard.flatMap((each) => ('hook' in each ? [{ t: each.t, name: each.hook.name }] : []));
  return truth.flatMap((line, at) => {
    const next = truth[at + 1];
    if (next === undefined) return [line];
    const told = hooks.findLast(
      ({ t, name }) =>
        t > line.t &&
        t < next.t &&
        AHEAD.some(
          ([hook, ends, begins]) =>
            hook.test(name) && ends === line.state && (begins === null || begins === next.state),
        ),
    );
    return told !== undefined && next.t - told.t < MOST_BETWEEN_S
      ? [line, { t: told.t, state: 'unknown' }]
      : [line];
  });
}
