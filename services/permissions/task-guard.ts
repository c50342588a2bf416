import { z } from 'zod';
import type { Guard } from '../../db/schema/tasks.ts';
import { decide } from './decide.ts';
import { EMPTY_POLICY, type Rules } from './policy.ts';

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
const CHANGES: ReadonlySet<string> = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);
const CHANGING_RULES = ['Edit', 'Write', 'NotebookEdit'] as const;

const NO_RULES: Rules = { allow: [], confirm: [], deny: [] };

const mustCheck = ({ maxChanges }: Guard, changes: number): boolean =>
  maxChanges !== undefined && changes >= maxChanges;

/** The rules of a task that has made so many changes since its last check. */
export function guardRules(guard: Guard, changes: number): Rules {
  const paths = (guard.protectedPaths ?? []).flatMap((path) => [`Edit(${path})`, `Write(${path})`]);
  return { ...NO_RULES, deny: [...paths, ...(mustCheck(guard, changes) ? CHANGING_RULES : [])] };
}

/** What an agent is told that has to run the check first; null when it need not. */
export function checkWanted(guard: Guard, changes: number): string | null {
  if (!mustCheck(guard, changes)) return null;
  const what =
    guard.check === undefined ? 'end your turn, so that the work is checked' : `run \`${guard.check}\``;
  return `This task has made ${changes} changes since its last check: ${what} before you change more.`;
}

/** How many changes stand unchecked after a tool has ended well. */
export function changesAfter(
  guard: Guard,
  changes: number,
  call: { readonly tool: string; readonly input: unknown; readonly cwd: string },
): number {
  if (CHANGES.has(call.tool)) return changes + 1;
  if (call.tool !== 'Bash' || guard.check === undefined) return changes;
  const onlyTheCheck = { ...EMPTY_POLICY, default: { ...NO_RULES, allow: [`Bash(${guard.check})`] } };
  const { decision } = decide(onlyTheCheck, { ...call, role: 'coder', slotId: 'task' });
  return decision === 'allow' ? 0 : changes;
}
