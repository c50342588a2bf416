import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from './git.ts';
import { RESCUE } from './rescue.ts';

export interface RescueRef {
  /** What stands behind `refs/missiond/rescue/`. */
  readonly name: string;
  readonly ref: string;
  readonly commit: string;
  readonly subject: string;
  /** Epoch milliseconds of its last commit. */
  readonly at: number;
}

/** What was saved in a repository before something was removed, newest first. */
export async function listRescues({ git }: Git, call: GitCall): Promise<readonly RescueRef[]> {
  const format = '%(refname)%00%(objectname)%00%(committerdate:unix)%00%(subject)';
  const answer = await git(['for-each-ref', '--sort=-committerdate', `--format=${format}`, RESCUE], call);
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [ref = '', commit = '', seconds = '0', subject = ''] = line.split('\0');
      return { name: ref.slice(RESCUE.length + 1), ref, commit, subject, at: Number(seconds) * 1000 };
    });
}

/** @throws MissionError `input_invalid` when nothing was saved under that name */
async function find(git: Git, name: string, call: GitCall): Promise<RescueRef> {
  const found = (await listRescues(git, call)).find((one) => one.name === name || one.ref === name);
  if (found !== undefined) return found;
  throw new MissionError('input_invalid', `Nothing was saved under the name "${name}".`, {
    remedy: 'missiond rescue list names what was saved.',
  });
}

/** What was saved under a name: its commits that no branch has, and which files they change. */
export async function showRescue(git: Git, name: string, call: GitCall) {
  const rescue = await find(git, name, call);
  const only = [rescue.commit, '--not', '--branches', '--remotes', '--'];
  const log = await git.git(['log', '--format=%h %s', '--max-count=50', ...only], call);
  const oldest = (await git.git(['rev-list', '--topo-order', ...only], call)).split('\n').at(-1);
  const base =
    oldest === undefined || oldest === ''
      ? null
      : await git.ask(['rev-parse', '--verify', '--quiet', `${oldest}^`], call);
  const files =
    base === null
      ? ''
      : await git.git(['diff', '--stat=100', '--no-ext-diff', '--no-color', base, rescue.commit, '--'], call);
  return { rescue, log, files };
}

/** Throws away what was saved under a name. @throws MissionError `input_invalid` */
export async function dropRescue(git: Git, name: string, call: GitCall): Promise<RescueRef> {
  const rescue = await find(git, name, call);
  await git.git(['update-ref', '-d', rescue.ref, rescue.commit], call);
  return rescue;
}
