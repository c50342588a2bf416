import { z } from 'zod';
import { CleanupView, RescueView } from '../../actors/repositories/cleanup-views.ts';
import { OverlapView } from '../../actors/repositories/overlap-views.ts';
import { operation } from './operation.ts';
import { whichRepository } from './repositories.ts';
import { tellWhile } from './tell-while.ts';

const rescueName = z
  .string()
  .min(1)
  .max(300)
  .describe('As mission_rescue_list names it, with or without refs/missiond/rescue/ before it.');

export const missionCleanup = operation({
  name: 'mission_cleanup',
  title: 'Clean up a repository',
  description:
    'Removes what is left of work that has come into the default branch: worktrees and branches that missiond made, whose agents and tasks have ended, and what git keeps of worktrees of ours whose folders are gone. Branches that people made stay, and so does what is not committed or not merged. What it holds is saved under refs/missiond/rescue first. `dryRun` changes nothing at all.',
  input: z.object({
    ...whichRepository,
    dryRun: z.boolean().default(false).describe('Only says what would be removed.'),
    remote: z.boolean().default(false).describe('Also deletes these branches where a remote has them.'),
  }),
  output: CleanupView,
  readOnly: false,
  destructive: true,
  // What others have done is not for an agent to remove.
  forSlots: false,
  run: ({ dryRun, remote, ...which }, { mission, progress }) =>
    tellWhile(
      progress,
      () => 'branches are compared',
      mission.repositories.cleanUp(which, { dryRun, remote }),
    ),
});

export const rescueList = operation({
  name: 'mission_rescue_list',
  title: 'List what was saved',
  description: 'What was saved in a repository before missiond removed a worktree or a branch, newest first.',
  input: z.object(whichRepository),
  output: z.object({ rescues: z.array(RescueView) }),
  readOnly: true,
  run: async (which, { mission }) => ({ rescues: [...(await mission.repositories.rescues(which))] }),
});

export const rescueShow = operation({
  name: 'mission_rescue_show',
  title: 'Look at what was saved',
  description: 'What was saved under a name: its commits that no branch has, and the files that they change.',
  input: z.object({ ...whichRepository, name: rescueName }),
  output: z.object({ rescue: RescueView, log: z.string(), files: z.string(), hint: z.string() }),
  readOnly: true,
  async run({ name, ...which }, { mission }) {
    const { rescue, log, files } = await mission.repositories.showRescue(which, name);
    return { rescue, log, files, hint: `Get it back: git switch -c NAME ${rescue.ref}` };
  },
});

export const rescueDrop = operation({
  name: 'mission_rescue_drop',
  title: 'Throw away what was saved',
  description: 'Deletes one ref under refs/missiond/rescue. git forgets what only it held after a while.',
  input: z.object({ ...whichRepository, name: rescueName }),
  output: z.object({ rescue: RescueView }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  access: 'owner',
  run: async ({ name, ...which }, { mission }) => ({
    rescue: await mission.repositories.dropRescue(which, name),
  }),
});

export const overlapList = operation({
  name: 'mission_overlap_list',
  title: 'Who is at the same files',
  description:
    'Pairs of agents of a repository that change the same files, as they were last compared, and where what they have committed would conflict.',
  input: z.object(whichRepository),
  output: z.object({ overlaps: z.array(OverlapView) }),
  readOnly: true,
  run: async (which, { mission }) => ({
    overlaps: [...(await mission.repositories.overlaps(which, { look: false }))],
  }),
});

export const overlapLook = operation({
  name: 'mission_overlap_look',
  title: 'Compare what agents change',
  description:
    'Compares the files that agents of a repository change now, without waiting for the next time; both of a pair, and the supervisor, are told of files of which they were not told before.',
  input: z.object(whichRepository),
  output: z.object({ overlaps: z.array(OverlapView) }),
  readOnly: false,
  run: async (which, { mission }) => ({
    overlaps: [...(await mission.repositories.overlaps(which, { look: true }))],
  }),
});

export const cleanupOperations = [
  overlapList,
  overlapLook,
  missionCleanup,
  rescueList,
  rescueShow,
  rescueDrop,
];
