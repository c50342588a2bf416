import { existsSync, mkdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';

const FOLDERS = ['logs', 'screenshots', 'worktrees', 'repositories', 'agents', 'doubts'] as const;
/** Bits of a mode that let others in. */
const OTHERS_MAY_WRITE = 0o022;

/** Where missiond keeps everything: `MISSIOND_HOME`, the older name, or the folder in the person's home. */
export function missionHome(env: NodeJS.ProcessEnv): string {
  const home = env['HOME'] || os.homedir();
  // An empty variable is one that was never set, as in most shells' scripts.
  const named = env['MISSIOND_HOME'] || env['XJP_MISSION_HOME'];
  if (named) return path.resolve(named.replace(/^~(?=$|\/)/, home));
  const usual = path.join(home, '.missiond');
  const older = path.join(home, '.xjp-mission');
  return !existsSync(usual) && existsSync(older) ? older : usual;
}

/** Where the daemon, the pty host and slots write down what happens. */
export const logsFolder = (home: string): string => path.join(home, 'logs');

/** What the daemon itself writes. */
export const daemonLog = (home: string): string => path.join(logsFolder(home), 'missiond.log');

/** Where the screens of uncertain sessions are kept for a bug report. */
export const doubtsFolder = (home: string): string => path.join(home, 'doubts');

/** Where pictures of terminals are kept. */
export const screenshotsFolder = (home: string): string => path.join(home, 'screenshots');

/** Where the worktrees of tasks are made. */
export const worktreesFolder = (home: string): string => path.join(home, 'worktrees');

/** Where repositories are cloned to. */
export const repositoriesFolder = (home: string): string => path.join(home, 'repositories');

/**
 * Makes the home and its folders, for its owner alone.
 * @throws MissionError `config_invalid` when somebody else owns it or may write to it
 */
export function ensureHome(home: string): void {
  makeFolder(home);
  const { mode, uid } = statSync(home);
  const me = process.getuid?.();
  if (me !== undefined && uid !== me) {
    throw new MissionError('config_invalid', `${home} belongs to another user (${uid}).`, {
      remedy: `Run \`chown -R $(id -u) ${home}\`, or choose another MISSIOND_HOME.`,
    });
  }
  if ((mode & OTHERS_MAY_WRITE) !== 0) {
    throw new MissionError('config_invalid', `Others may write to ${home}.`, {
      remedy: `Run \`chmod 700 ${home}\`.`,
    });
  }
  // Only now: nothing is written into a home that is not ours.
  for (const name of FOLDERS) makeFolder(path.join(home, name));
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new MissionError('config_invalid', `The folder ${folder} cannot be made: ${messageOf(cause)}`, {
      remedy: 'Take away what stands in its place, or choose another MISSIOND_HOME.',
      cause,
    });
  }
}
