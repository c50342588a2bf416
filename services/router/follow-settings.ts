import { fileMark } from '../config/file-mark.ts';
import { MissionError } from '../errors/mission-error.ts';
import { credentialsFile, type RouterSettings, readRouterSettings, routerFile } from './read-settings.ts';

/** The settings in force, and what is wrong with the files as they stand. */
export interface FollowedSettings {
  readonly settings: RouterSettings;
  readonly problem: MissionError | null;
}

/**
 * Reads the router's files again whenever they have changed. A file that is wrong changes nothing: what was read last
 * stays in force, and nothing is before.
 * @param onRead told of each change that was read or refused
 */
export function followRouterSettings(
  home: string,
  env: NodeJS.ProcessEnv,
  onRead: (problem: MissionError | null) => void,
): () => FollowedSettings {
  const files = [routerFile(home), credentialsFile(home)];
  let seen: string | null = null;
  let followed: FollowedSettings = { settings: { backends: [], dailyBudgetUsd: null }, problem: null };
  return () => {
    let mark: string;
    try {
      mark = files.map((file) => fileMark(file)?.text).join('\n');
    } catch {
      // A folder that cannot be looked into says nothing about the settings.
      return followed;
    }
    if (mark === seen) return followed;
    const isFirst = seen === null;
    seen = mark;
    try {
      followed = { settings: readRouterSettings(home, env), problem: null };
    } catch (error) {
      const problem =
        error instanceof MissionError
          ? error
          : new MissionError('config_invalid', 'The files of the router cannot be read.');
      followed = { ...followed, problem };
    }
    if (!isFirst || followed.problem !== null) onRead(followed.problem);
    return followed;
  };
}
