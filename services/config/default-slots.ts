import { writeFileSync } from 'node:fs';
import { MissionError } from '../errors/mission-error.ts';

const DEFAULT_SLOTS = `# Slots: the Claude Code sessions that missiond runs for you.
# Tasks go to a role; permissions.yaml says what each role may do.
slots:
  - id: coder-1
    role: coder
    description: Writes and tests code
    # cwd: ~/src/my-project        # default: the folder in which the daemon was started
    # trustCwd: true               # answer Claude Code's trust question for that folder with yes
    # model: opus
    # autoStart: true              # start with the daemon instead of with the first task
    # env:
    #   GITHUB_TOKEN: \${env:GITHUB_TOKEN}      # also \${file:path} \${cmd:program args} \${secret:path}

  - id: researcher-1
    role: researcher
    description: Reads and explains, changes nothing

# Program that prints the secret of \${secret:path}, the path as its last argument:
# secretCommand: [pass, show]
`;

/** Writes a commented slots.yaml when there is none. @returns whether it did */
export function writeDefaultSlots(file: string): boolean {
  return writeNew(file, DEFAULT_SLOTS);
}

/**
 * Creates a file for its owner alone; one that exists is never touched.
 * @returns whether it did
 * @throws MissionError `config_invalid`
 */
export function writeNew(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new MissionError(
      'config_invalid',
      `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      { remedy: 'Make its folder, or name another file.', cause: error },
    );
  }
}
