import { z } from 'zod';

/** What stands before an act that others feel: it is allowed, a person is asked, or it is refused. */
const Gate = z.enum(['allow', 'person', 'deny']);

/** What agents of a role may do to what a team shares. */
export const GatesSchema = z.strictObject({
  /** Pushing to a protected branch. */
  pushProtected: Gate.default('person'),
  /** Pushing over, or away, what others have: `--force`, `+main`, `--delete`, `--mirror`. */
  forcePush: Gate.default('person'),
  /** Merging a pull request. `green`: only behind its own checks, `gh pr checks N && gh pr merge N`. */
  merge: z.enum([...Gate.options, 'green']).default('person'),
  /** Changing the configuration of git: `git config`, `git remote set-url`. */
  gitConfig: Gate.default('person'),
});
export type Gates = z.output<typeof GatesSchema>;
export type GateName = keyof Gates;

/** The default branch of a remote is protected besides. */
const USUAL_BRANCHES = ['main', 'master', 'trunk', 'production', 'release', 'release/*'];

export const ProtectSchema = z.strictObject({
  /** Files that agents change only when a person agrees, beside those that always are; in the style of .gitignore. */
  paths: z.array(z.string().min(1)).default([]),
  branches: z.array(z.string().min(1)).default(USUAL_BRANCHES),
});
export type Protect = z.output<typeof ProtectSchema>;
