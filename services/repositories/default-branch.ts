import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';

/** A remote that hangs holds up nobody for longer. */
const REMOTE_ANSWERS_WITHIN_MS = 15_000;
const HEADS = 'refs/heads/';

export interface DefaultBranch {
  /** Null while there is none. */
  readonly defaultBranch: string | null;
  readonly defaultBranchFrom: 'remote' | 'known' | 'head';
  /** What a person should know of it. */
  readonly note: string | null;
}

/** The branch that a remote calls its own; null when it has none. Throws when it does not say. */
async function askedOf({ git }: Git, remote: string, call: GitCall): Promise<string | null> {
  const answer = await git(['ls-remote', '--symref', '--', remote, 'HEAD'], {
    ...call,
    withinMs: REMOTE_ANSWERS_WITHIN_MS,
  });
  const [, branch] = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(answer) ?? [];
  return branch ?? null;
}

/**
 * The default branch of a repository: its remote is asked. Nothing is written.
 * @param remote null when it has none
 */
export async function defaultBranchOf(
  git: Git,
  remote: string | null,
  call: GitCall,
): Promise<DefaultBranch> {
  const notes: string[] = [];
  if (remote !== null) {
    const asked = await askedOf(git, remote, call).catch((error: unknown) => {
      call.signal.throwIfAborted();
      if (!(error instanceof MissionError)) throw error;
      notes.push(`The remote ${remote} did not say which branch is its default.`);
      return null;
    });
    if (asked !== null) return { defaultBranch: asked, defaultBranchFrom: 'remote', note: null };
    const prefix = `refs/remotes/${remote}/`;
    const known = await git.ask(['symbolic-ref', '--quiet', `${prefix}HEAD`], call);
    if (known?.startsWith(prefix))
      return {
        defaultBranch: known.slice(prefix.length),
        defaultBranchFrom: 'known',
        note: [...notes, 'The one that it was when it was cloned is taken.'].join(' '),
      };
  } else notes.push('It has no remote.');
  const head = await git.ask(['symbolic-ref', '--quiet', 'HEAD'], call);
  const branch = head?.startsWith(HEADS) ? head.slice(HEADS.length) : null;
  notes.push(
    branch === null
      ? 'HEAD is detached, so there is no default branch: missiond repo config defaultBranch=NAME.'
      : `The branch of HEAD, ${branch}, is taken as the default.`,
  );
  return { defaultBranch: branch, defaultBranchFrom: 'head', note: notes.join(' ') };
}
