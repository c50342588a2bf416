import { z } from 'zod';
import type { Guard } from '../../db/schema/tasks.ts';
import { createJudge } from './decide.ts';
import { EMPTY_POLICY, NO_RULES, type Rules } from './policy.ts';

/** What a task may not do, whatever its slot may. */
export const TaskGuard = z.strictObject({
  /** Paths, in the style of .gitignore, that it does not change; its slot may still read them. */
  protectedPaths: z.array(z.string().min(1)).max(200).optional(),
  /** Changes of files before the check has to be run. */
  maxChanges: z.number().int().positive().optional(),
  /** The command that counts as a check, as in permissions.yaml: `npm test*`. */
  check: z.string().min(1).optional(),
});

/** Tools whose success changes a file. */
const CHANGING_TOOLS: readonly string[] = ['Edit', 'Write', 'MultiEdit', 'NotebookEdit'];
/** A command that goes on behind the call: that the call has ended says nothing about it. */
const IN_BACKGROUND = /[^&>|]&(?![&>])/;
const Command = z.looseObject({ command: z.string(), run_in_background: z.boolean().optional() });

const mustCheck = ({ maxChanges }: Guard, changes: number): boolean =>
  maxChanges !== undefined && changes >= maxChanges;

/** The rules of a task that has made so many changes since its last check. */
export function guardRules(guard: Guard, changes: number): Rules {
  if (guard.noTools === true) return { ...NO_RULES, deny: ['*'] };
  const paths = (guard.protectedPaths ?? []).flatMap((path) =>
    CHANGING_TOOLS.map((tool) => `${tool}(${path})`),
  );
  return { ...NO_RULES, deny: [...paths, ...(mustCheck(guard, changes) ? CHANGING_TOOLS : [])] };
}

/** What an agent is told that has to run the check first; null when it need not. */
export function checkWanted(guard: Guard, changes: number): string | null {
  if (guard.noTools === true) return 'This task is done without tools: answer with what you were given.';
  if (!mustCheck(guard, changes)) return null;
  const what =
    guard.check === undefined ? 'end your turn, so that the work is checked' : `run \`${guard.check}\``;
  return `This task has made ${changes} changes since its last check: ${what} before you change more.`;
}

type Call = { readonly tool: string; readonly input: unknown; readonly cwd: string };

const decides = (rules: Rules, call: Call) =>
  createJudge({ ...EMPTY_POLICY, default: rules })({ ...call, role: 'task', slotId: 'task' }).decision;

/** True when the call was the check and nothing else, and has ended with the call. */
function isCheck(check: string, call: Call): boolean {
  const { command, run_in_background: behind } = Command.safeParse(call.input).data ?? { command: '' };
  if (behind === true || IN_BACKGROUND.test(command)) return false;
  return decides({ ...NO_RULES, allow: [`Bash(${check})`] }, call) === 'allow';
}

/** How many changes stand unchecked after a tool has ended well. A command that writes files is one change. */
export function changesAfter(guard: Guard, changes: number, call: Call): number {
  if (CHANGING_TOOLS.includes(call.tool)) return changes + 1;
  if (call.tool !== 'Bash') return changes;
  if (guard.check !== undefined && isCheck(guard.check, call)) return 0;
  return decides({ ...NO_RULES, deny: [...CHANGING_TOOLS] }, call) === 'deny' ? changes + 1 : changes;
}
