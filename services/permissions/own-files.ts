import path from 'node:path';
import { realPathOf } from '../config/real-path-of.ts';
import { filePattern } from './file-pattern.ts';
import type { Rules } from './policy.ts';

/** What lies in the home and says what agents may do, or lets its reader act as the owner. Worktrees are not in it. */
const NAMES = [
  'permissions.yaml',
  'slots.yaml',
  'faces.yaml',
  'router.yaml',
  'credentials.json',
  'prices.yaml',
  'servers.yaml',
  'daemon.json',
  'tokens.json',
  'trusted-roles.json',
  'agents',
  'doubts',
  'missiond.sock',
  'pty-host.sock',
] as const;
const TOOLS = ['Read', 'Edit', 'Write'] as const;

const SOCKETS = ['missiond.sock', 'pty-host.sock'] as const;
/** In the terminal of a slot these speak as that slot, by this variable: nobody speaks as another, or as the person. */
const AS_SOMEBODY_ELSE = ['MISSIOND_SLOT_ID', 'env -i', 'env --ignore-environment'].flatMap((words) =>
  ['message', 'logs'].map((command) => `Bash(*${words}*missiond* ${command}*)`),
);
/** Programs that talk to a socket; the daemon's takes who opens it for the owner. */
const CONNECTS = 'nc ncat netcat socat websocat curl ssh node bun deno python python3 perl ruby php'.split(
  ' ',
);

/**
 * Denials that no policy has to name and none can take back: missiond's own files, whose contents loosen the policy or
 * give the owner's token away.
 * @param more further files of the same kind that the environment puts elsewhere
 */
export function ownFilesDenied(home: string, more: readonly string[]): Rules {
  const homes = [...new Set([home, realPathOf(home)])];
  const patterns = [
    ...homes.flatMap((folder) => NAMES.map((name) => filePattern(path.join(folder, name)))),
    ...more.map((file) => `${filePattern(file)}*`),
  ];
  const sockets = [...new Set(homes.map((folder) => path.basename(folder)))].flatMap((folder) =>
    SOCKETS.flatMap((name) => CONNECTS.map((program) => `Bash(${program} *${folder}/${name}*)`)),
  );
  return {
    allow: [],
    confirm: [],
    deny: [
      ...AS_SOMEBODY_ELSE,
      ...sockets,
      ...[...new Set(patterns)].flatMap((pattern) => TOOLS.map((tool) => `${tool}(${pattern})`)),
    ],
  };
}
