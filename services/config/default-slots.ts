import { writeNew } from './write-new.ts';

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

  # Reads what was said in every session, and keeps what will be needed again:
  # - id: memory-1
  #   role: memory

# Program that prints the secret of \${secret:path}, the path as its last argument:
# secretCommand: [pass, show]
`;

/** Writes a commented slots.yaml when there is none. @returns whether it did */
export function writeDefaultSlots(file: string): boolean {
  return writeNew(file, DEFAULT_SLOTS);
}
