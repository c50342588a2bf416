import { z } from 'zod';

const MOST_COMMAND_CHARACTERS = 4_000;
const MOST_PATTERNS = 200;

const Shell = z.string().trim().min(1).max(MOST_COMMAND_CHARACTERS).nullable();
const Patterns = z.array(z.string().trim().min(1).max(300)).max(MOST_PATTERNS);

/** What a person has said of a repository: how its worktrees are set up, checked and merged. */
export const RepositoryConfiguration = z.strictObject({
  setup: Shell.default(null).describe('Run with `sh -c` in each new worktree, before its agent starts.'),
  check: Shell.default(null).describe('Run with `sh -c`; what it agrees to may be merged.'),
  copy: Patterns.default([]).describe(
    'Files that git does not track, copied into each new worktree, beside those of `.worktreeinclude`; as in `.gitignore`.',
  ),
  link: Patterns.default([]).describe('As `copy`, but linked: such as `node_modules/`.'),
  ports: z.int().min(0).max(100).default(10).describe('How many ports each worktree has for itself.'),
  mergeQueue: z
    .strictObject({
      enabled: z.boolean().default(true),
      track: z
        .enum(['all', 'author', 'assigned'])
        .default('all')
        .describe('Which pull requests it looks at.'),
    })
    .prefault({}),
  protectedBranches: z
    .array(z.string().trim().min(1).max(250))
    .max(100)
    .default([])
    .describe('Beside the default branch.'),
  overlapMinutes: z
    .number()
    .min(0)
    .max(1440)
    .default(5)
    .describe('How often it is looked whether workers are at the same files; 0: never.'),
});
export type RepositoryConfiguration = z.infer<typeof RepositoryConfiguration>;
