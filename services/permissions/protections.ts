import type { Gates } from '../config/protect.ts';
import type { GatedAct } from './git-call.ts';
import type { Rules } from './policy.ts';

/** Files by which a team checks what its agents do, or that hold what lets somebody act as another. Anywhere on the disk. */
const PROTECTED: readonly string[] = [
  // what runs in continuous integration, and who must review
  '.github/workflows/**',
  '.github/actions/**',
  'CODEOWNERS',
  '.gitlab-ci.yml',
  '.gitlab/ci/**',
  '.circleci/**',
  '.travis.yml',
  'Jenkinsfile',
  'azure-pipelines.yml',
  'bitbucket-pipelines.yml',
  '.drone.yml',
  '.buildkite/**',
  '.woodpecker.yml',
  '.woodpecker/**',
  '.teamcity/**',
  'appveyor.yml',
  '.ci/**',
  // what agents may do
  '.claude/settings.json',
  '.claude/settings.local.json',
  '.claude/hooks/**',
  '.claude.json',
  '.mcp.json',
  '.missiond/protected',
  'permissions.yaml',
  // what git does by itself
  '.git/config',
  '.git/HEAD',
  '.git/packed-refs',
  '.git/refs/**',
  '.git/hooks/**',
  '.git/info/attributes',
  '.git/worktrees/*/config.worktree',
  '.git/config.worktree',
  '.git/modules/**/config',
  '.git/modules/**/hooks/**',
  '.gitconfig',
  '.config/git/**',
  '.husky/**',
  // what lets somebody act as another
  '.env',
  '.env.local',
  '.env.production',
  '.netrc',
  '.pypirc',
  '.git-credentials',
  '.ssh/**',
  '.aws/**',
  '.config/gcloud/**',
  '.config/gh/**',
  '.docker/config.json',
  '.kube/**',
  '.gnupg/**',
  'credentials.json',
];
const CHANGING = ['Edit', 'Write'] as const;

/** What a policy says beside its rules. */
export interface Protections {
  readonly paths: readonly string[];
  readonly branches: readonly string[];
  gatesOf(role: string): Gates;
  /** Paths that the repository of a folder protects, absolute and in the style of .gitignore. */
  repositoryPaths(folder: string): readonly string[];
}

const changes = (pattern: string): readonly string[] => CHANGING.map((tool) => `${tool}(${pattern})`);

/** Rules whose `confirm` only a person answers. */
export function protectionRules({ paths }: Pick<Protections, 'paths'>): Rules {
  return {
    allow: [],
    confirm: [...PROTECTED.map((path) => `//**/${path}`), ...paths].flatMap(changes),
    deny: [],
  };
}

/** The same for what one repository adds. */
export function repositoryRules(paths: readonly string[]): Rules {
  return { allow: [], confirm: paths.flatMap(changes), deny: [] };
}

/** How a gate is called where a decision says which rule it was. */
export const gateRule = ({ gate, what }: GatedAct): string => `gate ${gate}: ${what}`;
