import path from 'node:path';
import { realPathOf } from '../config/real-path-of.ts';
import type { Rules } from './policy.ts';

/** What lies in the home and says what agents may do, or lets its reader act as the owner. Worktrees are not in it. */
const NAMES = [
  'permissions.yaml',
  'slots.yaml',
  'faces.yaml',
  'router.yaml',
  'credentials.json',
  'prices.yaml',
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
/** Ways to start missiond's command line. */
const STARTS = [
  'missiond',
  ...['npx', 'bunx', 'pnpm', 'pnpm exec', 'pnpm dlx', 'yarn', 'yarn dlx', 'npm exec', 'npm x'].flatMap(
    (launcher) => [`${launcher} missiond`, `${launcher} missiond@*`],
  ),
  'npm exec missiond --',
  'npm exec -- missiond',
  ...['node', 'bun', 'deno', 'tsx'].map((runtime) => `${runtime} *missiond.js`),
  'node *bin/missiond',
] as const;
/** What only a person says at the command line. Best effort, as with every program: who has a shell has its owner's rights. */
const OWNERS_WORDS = [
  'confirm',
  'call',
  'token',
  'down',
  'permissions reload',
  'attach',
  'merge',
  'review',
  'roles trust',
  'roles reset',
  ...['add', 'config', 'remove', 'use'].map((verb) => `repo ${verb}`),
  'cleanup',
  'rescue drop',
  ...['land', 'discard', 'keep'].map((verb) => `worker ${verb}`),
  'work ',
  'workspace',
  'hibernate',
  'repair',
] as const;
/** In the terminal of a slot `missiond message` speaks as that slot, by this variable: nobody speaks as another, or as the person. */
const AS_SOMEBODY_ELSE = ['MISSIOND_SLOT_ID', 'env -i', 'env --ignore-environment'].map(
  (words) => `Bash(*${words}*missiond* message*)`,
);
/** Options before the second word would hide it. */
const WITH_OPTIONS_BETWEEN = [
  ...new Set(OWNERS_WORDS.filter((words) => words.includes(' ')).map((words) => `${words.split(' ')[0]} -`)),
];
const OWNERS_COMMANDS = [
  ...AS_SOMEBODY_ELSE,
  ...STARTS.flatMap((start) =>
    [...OWNERS_WORDS, ...WITH_OPTIONS_BETWEEN].map((words) => `Bash(${start} ${words}*)`),
  ),
  'Bash(missiond-attach*)',
  'Bash(npx missiond-attach*)',
  'Bash(node *missiond-attach.js*)',
];
/** Programs that talk to a socket; the daemon's takes who opens it for the owner. */
const CONNECTS = 'nc ncat netcat socat websocat curl ssh node bun deno python python3 perl ruby php'.split(
  ' ',
);

/** Letters of names that mean something in a pattern. */
const asPattern = (file: string): string => `/${file.replace(/[\\*?[\](){}!+@]/g, '\\$&')}`;

/**
 * Denials that no policy has to name and none can take back: missiond's own files, whose contents loosen the policy or
 * give the owner's token away.
 * @param more further files of the same kind that the environment puts elsewhere
 */
export function ownFilesDenied(home: string, more: readonly string[]): Rules {
  const homes = [...new Set([home, realPathOf(home)])];
  const patterns = [
    ...homes.flatMap((folder) => NAMES.map((name) => asPattern(path.join(folder, name)))),
    ...more.map((file) => `${asPattern(file)}*`),
  ];
  const sockets = [...new Set(homes.map((folder) => path.basename(folder)))].flatMap((folder) =>
    SOCKETS.flatMap((name) => CONNECTS.map((program) => `Bash(${program} *${folder}/${name}*)`)),
  );
  return {
    allow: [],
    confirm: [],
    deny: [
      ...OWNERS_COMMANDS,
      ...sockets,
      ...[...new Set(patterns)].flatMap((pattern) => TOOLS.map((tool) => `${tool}(${pattern})`)),
    ],
  };
}
