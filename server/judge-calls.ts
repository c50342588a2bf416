import path from 'node:path';
import type { MissionDependencies } from '../actors/mission/mission-dependencies.ts';
import type { SlotBook } from '../services/agents/slot-book.ts';
import type { PermissionStore } from '../services/permissions/permission-store.ts';
import { pushedFiles } from '../services/permissions/pushed-files.ts';
import { createGit } from '../services/worktrees/git.ts';

/** Judges the calls of slots by the rules of this home, and what they push by what is protected. */
export function createJudging(
  slots: Pick<SlotBook, 'find'>,
  permissions: Pick<PermissionStore, 'judge'>,
  env: NodeJS.ProcessEnv,
): Pick<MissionDependencies, 'judge' | 'protectedInPush'> {
  const git = createGit(env);
  return {
    judge(slotId, tool, input, cwd, task) {
      const slot = slots.find(slotId);
      if (slot === undefined)
        return {
          decision: 'deny',
          rule: 'no such slot',
          argument: '',
          perhapsDenied: false,
          personOnly: false,
        };
      return permissions.judge(
        { role: slot.role, slotId, tool, input, cwd: cwd ?? slot.cwd, definition: slot.definition },
        task,
      );
    },

    async protectedInPush(slotId, pushes, signal) {
      const slot = slots.find(slotId);
      if (slot === undefined) return null;
      const isProtected = (file: string): boolean =>
        permissions.judge({
          role: slot.role,
          slotId,
          tool: 'Edit',
          input: { file_path: file },
          cwd: path.dirname(file),
        }).personOnly;
      for (const push of pushes) {
        const hit = (await pushedFiles(git, push, signal)).find(isProtected);
        if (hit !== undefined) return hit;
      }
      return null;
    },
  };
}
