import { existsSync, mkdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';

const FOLDERS = ['logs', 'screenshots', 'worktrees', 'agents'] as const;
/** Bits of a mode that let others in. */
const OTHERS_MAY_WRITE = 0o022;

/** Where missiond keeps everything: `MISSIOND_HOME`, the older name, or the folder in the person's home. */
export function missionHome(env: NodeJS.ProcessEnv): string {
  const named = env['MISSIOND_HOME'] ?? env['XJP_MISSION_HOME'];
  if (named !== undefined && named !== '') return path.resolve(named);
  const home = env['HOME'] ?? os.homedir();
  const usual = path.join(home, '.missiond');
  const older = path.join(home, '.xjp-mission');
  return !existsSync(usual) && existsSync(older) ? older : usual;
}

/**
 * Makes the home and its folders, for its owner alone.
 * @throws MissionError `config_invalid` when somebody else owns it or may write to it
 */
export function ensureHome(home: string): void {
  for (const folder of [home, ...FOLDERS.map((name) => path.join(home, name))])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
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
}
