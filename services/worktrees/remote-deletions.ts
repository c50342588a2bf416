import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { pushableRemotes } from './fork-remotes.ts';
import type { Git, GitCall } from './git.ts';
import { tipOf } from './repository.ts';
import type { Turn } from './repository-turns.ts';

/** A remote that hangs holds up nobody for longer. Milliseconds. */
const PUSHES_WITHIN_MS = 60_000;
/** Below it stands which branches are to go at their remotes, until they have. A branch may begin as another is called. */
const PLANNED = 'refs/missiond/cleanup';
/** What git says of a branch that does not stand where it was known to, or is not there any more. */
const MOVED = /stale info|fetch first|remote ref does not exist/i;

const AGAIN = '; the next missiond cleanup --remote tries it again';

const refOf = (branch: string): string => `${PLANNED}/${encodeURIComponent(branch)}`;

/** A branch that is to go at its remotes, where they have it at this commit. */
export interface PlannedDeletion {
  readonly branch: string;
  readonly tip: string;
}

/** Writes down that a branch is to go at its remotes, before it goes here: whoever is killed in between leaves that. */
export async function planDeletion(
  { git }: Git,
  { branch, tip }: PlannedDeletion,
  call: GitCall,
): Promise<void> {
  await git(['update-ref', refOf(branch), tip], call);
}

/** What was planned and has not come to its end. */
async function plannedDeletions({ git }: Git, call: GitCall): Promise<readonly PlannedDeletion[]> {
  const listing = await git(['for-each-ref', '--format=%(objectname) %(refname)', `${PLANNED}/`], call);
  return listing
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [tip = '', ref = ''] = line.split(' ');
      return { branch: decodeURIComponent(ref.slice(PLANNED.length + 1)), tip };
    });
}

/**
 * Deletes at the remotes what was planned: where they have it at the very commit, and never at the upstream of a fork. What
 * is still here, or here again, stays there. A remote that does not answer is asked for no more of them; what it did not
 * do stays planned.
 * @param turn nobody else changes the repository meanwhile
 * @param withinMs for each answer of a remote
 * @returns what became of it, in words
 */
export async function deletePlanned(
  git: Git,
  call: GitCall,
  turn: Turn,
  withinMs = PUSHES_WITHIN_MS,
): Promise<readonly string[]> {
  const notes: string[] = [];
  const silent = new Set<string>();
  const remotes = await pushableRemotes(git, call);

  /** @returns whether it need not be tried again */
  async function deleteAt(remote: string, { branch, tip }: PlannedDeletion): Promise<boolean> {
    const tracking = `refs/remotes/${remote}/${branch}`;
    if ((await git.ask(['rev-parse', '--verify', '--quiet', tracking], call)) !== tip) return true;
    if (silent.has(remote)) {
      notes.push(`${branch} stays at ${remote}: it did not answer before${AGAIN}`);
      return false;
    }
    const ref = `refs/heads/${branch}`;
    try {
      const lease = `--force-with-lease=${ref}:${tip}`;
      await turn(() => git.git(['push', '--quiet', lease, '--', remote, `:${ref}`], { ...call, withinMs }));
      notes.push(`${branch} is deleted at ${remote}.`);
      return true;
    } catch (error) {
      call.signal.throwIfAborted();
      if (!(error instanceof MissionError)) throw error;
      if (error.facts['status'] === null) silent.add(remote);
      const isMoved = MOVED.test(messageOf(error));
      notes.push(`${branch} stays at ${remote}: ${messageOf(error)}${isMoved ? '' : AGAIN}`);
      return isMoved;
    }
  }

  for (const planned of await plannedDeletions(git, call)) {
    let isOver = true;
    if ((await tipOf(git, call.cwd, planned.branch, call.signal)) === null)
      for (const remote of remotes) isOver = (await deleteAt(remote, planned)) && isOver;
    if (isOver) await turn(() => git.git(['update-ref', '-d', refOf(planned.branch), planned.tip], call));
  }
  return notes;
}
