import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { Rules } from './policy.ts';

/** What lies in the home and says what agents may do, or lets its reader act as the owner. Worktrees are not in it. */
const NAMES = [
  'permissions.yaml',
  'slots.yaml',
  'faces.yaml',
  'daemon.json',
  'tokens.json',
  'agents',
  'doubts',
  'missiond.sock',
  'pty-host.sock',
] as const;
const TOOLS = ['Read', 'Edit', 'Write'] as const;

/** What only a person says at the command line. Best effort, as with every program: who has a shell has its owner's rights. */
const OWNERS_COMMANDS = ['confirm', 'call', 'token', 'down', 'permissions reload'].map(
  (words) => `Bash(missiond ${words}*)`,
);

function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    return folder;
  }
}

/** Letters of names that mean something in a pattern. */
const asPattern = (file: string): string => `/${file.replace(/[\\*?[\](){}!+@]/g, '\\$&')}`;

/**
 * Denials that no policy has to name and none can take back: missiond's own files, whose contents loosen the policy or
 * give the owner's token away.
 * @param more further files of the same kind that the environment puts elsewhere
 */
export function ownFilesDenied(home: string, more: readonly string[]): Rules {
  const homes = [...new Set([home, realFolder(home)])];
  const patterns = [
    ...homes.flatMap((folder) => NAMES.map((name) => asPattern(path.join(folder, name)))),
    ...more.map((file) => `${asPattern(file)}*`),
  ];
  return {
    allow: [],
    confirm: [],
    deny: [
      ...OWNERS_COMMANDS,
      ...[...new Set(patterns)].flatMap((pattern) => TOOLS.map((tool) => `${tool}(${pattern})`)),
    ],
  };
}
