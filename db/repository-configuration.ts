import { z } from 'zod';

const MOST_COMMAND_CHARACTERS = 4_000;
const MOST_PATTERNS = 200;

const Shell = z.string().trim().min(1).max(MOST_COMMAND_CHARACTERS).nullable();
const Patterns = z.array(z.string().trim().min(1).max(300)).max(MOST_PATTERNS);

const setup = Shell.describe('Run with `sh -c` in each new worktree, before its agent starts.');
const check = Shell.describe('Run with `sh -c`; what it agrees to may be merged.');
const copy = Patterns.describe(
  'Files that git does not track, copied into each new worktree, beside those of `.worktreeinclude`; as in `.gitignore`.',
);
const link = Patterns.describe('As `copy`, but linked: such as `node_modules/`.');
const ports = z.int().min(0).max(100).describe('How many ports each worktree has for itself.');
const enabled = z.boolean();
const track = z.enum(['all', 'author', 'assigned']).describe('Which pull requests it looks at.');
const protectedBranches = z
  .array(z.string().trim().min(1).max(250))
  .max(100)
  .describe('Beside the default branch.');
const overlapMinutes = z
  .number()
  .min(0)
  .max(1440)
  .describe('How often it is looked whether workers are at the same files; 0: never.');

const mostAgents = z
  .int()
  .min(1)
  .max(1_000)
  .describe('How many workers and reviewers may work on it at once.');

const mergesIntoFork = z
  .boolean()
  .describe(
    'Of a fork: whether merges go into the default branch of the fork itself; upstream never gets any.',
  );

const proposesUpstream = z
  .boolean()
  .describe(
    'Of a fork: whether what the gate agrees to is pushed to the fork and proposed to upstream as a pull request.',
  );

const refreshMinutes = z
  .number()
  .min(0)
  .max(1440)
  .describe('How often agents that rest are brought up to the default branch; 0: never.');

/** What a person has said of a repository: how its worktrees are set up, checked and merged. */
export const RepositoryConfiguration = z.strictObject({
  setup: setup.default(null),
  check: check.default(null),
  copy: copy.default([]),
  link: link.default([]),
  ports: ports.default(10),
  mergeQueue: z
    .strictObject({ enabled: enabled.default(true), track: track.default('all') })
    .default({ enabled: true, track: 'all' }),
  protectedBranches: protectedBranches.default([]),
  overlapMinutes: overlapMinutes.default(5),
  mostAgents: mostAgents.default(20),
  refreshMinutes: refreshMinutes.default(30),
  mergesIntoFork: mergesIntoFork.default(false),
  proposesUpstream: proposesUpstream.default(false),
});
export type RepositoryConfiguration = z.infer<typeof RepositoryConfiguration>;

/** What is left out stays as it is. */
export const RepositoryConfigurationChange = z
  .strictObject({
    setup,
    check,
    copy,
    link,
    ports,
    mergeQueue: z.strictObject({ enabled, track }).partial(),
    protectedBranches,
    overlapMinutes,
    mostAgents,
    refreshMinutes,
    mergesIntoFork,
    proposesUpstream,
  })
  .partial();
export type RepositoryConfigurationChange = z.infer<typeof RepositoryConfigurationChange>;
