// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatesSchema, ProtectSchema } from '../../../services/config/protect.ts';
import { createJudge, type Decision } from '../../../services/permissions/decide.ts';
import type { Policy } from '../../../services/permissions/policy.ts';
import {
  createRepositoryProtection,
  type RepositoryProtection,
} from '../../../services/permissions/repository-protection.ts';
import { policyOf } from './policies.ts';

let repository: string;
let protection: RepositoryProtection;
beforeEach(() => {
  repository = mkdtempSync(path.join(os.tmpdir(), 'missiond-gates-'));
  protection = createRepositoryProtection();
  git('init', '-q', '-b', 'work/fix');
});
afterEach(() => rmSync(repository, { recursive: true, force: true }));

const git = (...args: string[]): void => {
  execFileSync('git', args, { cwd: repository, env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
};

/** A role that may do everything, and what still stands before it. */
function ask(tool: string, input: object, change: Partial<Policy> = {}, cwd = repository): Decision {
  const policy: Policy = {
    ...policyOf({ role: { allow: ['*'] } }),
    protections: {
      ...ProtectSchema.parse({ paths: ['deploy/**'] }),
      gatesOf: (role) =>
        GatesSchema.parse(role === 'merge-queue' ? { pushProtected: 'allow', merge: 'deny' } : {}),
      repositoryPaths: protection.pathsFor,
    },
    ...change,
  };
  return createJudge(policy)({ role: 'coder', slotId: 'coder-1', tool, input, cwd });
}
const bash = (command: string): string => {
  const { decision, personOnly } = ask('Bash', { command });
  return personOnly ? `${decision} by a person` : decision;
};

describe('protected files', () => {
  it.each([
    '.github/workflows/ci.yml',
    'packages/a/.github/workflows/ci.yml',
    '.gitlab-ci.yml',
    'Jenkinsfile',
    '.git/config',
    '.git/hooks/pre-commit',
    '.claude/settings.json',
    '.missiond/protected',
    '.env',
    'deploy/production.yml',
  ])('%s is changed only when a person agrees, and may be read', (name) => {
    const file_path = path.join(repository, name);
    expect(ask('Edit', { file_path })).toMatchObject({ decision: 'confirm', personOnly: true });
    expect(ask('Write', { file_path })).toMatchObject({ decision: 'confirm', personOnly: true });
    expect(ask('Read', { file_path })).toMatchObject({ decision: 'allow', personOnly: false });
    for (const command of [
      `echo x > ${name}`,
      `echo x | tee -a ${name}`,
      `sed -i s/a/b/ ${name}`,
      `rm ${name}`,
      `cp x ${name}`,
      `cd ${path.dirname(name)} && rm ${path.basename(name)}`,
    ])
      expect(bash(command), command).toBe('confirm by a person');
  });

  it.each([
    'rm -r .github',
    'rm -rf packages/a/.github',
    'find .github -delete',
    'git checkout HEAD~1 -- .github',
    'git rm -r .github/workflows',
    'mv .github old',
    'rm -r .git/hooks',
    'chmod -R 777 .husky',
    'f=.github/workflows/ci.yml; echo x > $f',
    'd=.github; echo 1 > $d/workflows/ci.yml',
    'f=.github; cd $f; echo x > workflows/ci.yml',
    'f=a; f=.env; echo x > $f',
    'test -f .env || f=.env; echo x > "${f}"',
    "f='a .env'; rm $f",
    'a=(x .env); rm "${a[@]}"',
    'set -- .env; rm "$@"',
    'f() { echo x > "$1"; }; f .env',
    'g() { echo x > $f; }; f=.env; g',
    "printf -- '--- a/.github/workflows/ci.yml' | git apply",
    "patch -p1 <<'E'\n--- a/.github/workflows/ci.yml\nE",
    'git update-index --cacheinfo 100644,0123,.github/workflows/ci.yml && git commit',
    'git archive -o .github/workflows/ci.yml HEAD',
    'gzip .github/workflows/ci.yml',
    'tar cf .github/workflows/ci.yml a.txt',
    'uniq a.txt .github/workflows/ci.yml',
    'sort --outp=.env a',
    'iconv -o .github/workflows/ci.yml a',
    'split -b1 a.txt .github/workflows/ci.yml',
    'sed --in-pl s/a/b/ .github/workflows/ci.yml',
    "sed -n 'w .github/workflows/ci.yml' a",
    'awk \'{print > ".github/workflows/ci.yml"}\' a',
    "ex -s .github/workflows/ci.yml <<< '%d|wq'",
    'vim -es -c wq .github/workflows/ci.yml',
    'ed -s .env',
    'python3 -c \'open(".github/workflows/ci.yml","w")\'',
    'node -e \'fs.writeFileSync(".github/workflows/ci.yml","")\'',
    'perl -e \'open F,">.github/workflows/ci.yml"\'',
    'cp -rT x .github',
    'cp -r x/* .github',
    'cp -al .github x; echo 1 > x/workflows/ci.yml',
    'npx prettier --write .github/workflows/ci.yml',
    'yq -i .a=1 .github/workflows/ci.yml',
    'some-tool --out=.github/workflows/ci.yml',
    'f=.env; some-tool "$f"',
  ])('%s changes what is in a protected folder', (command) => {
    expect(bash(command)).toBe('confirm by a person');
  });

  it.each([
    'echo x > .github/w*/ci.yml',
    'echo x > .g[h-j]thub/workflows/c?.yml',
    'sed -i d .github/*/*',
    'rm *file',
    'echo x > .e*',
    'd=.g*b; rm $d/workflows/ci.yml',
    'rm -r .g*',
    'mv .g*b x',
    'cd .g*b/workflows && rm ci.yml',
    'cd *ink && rm ci.yml',
    'rm *ink/*',
    'rm ../*/.env',
    'echo .github/workflows/ci.yml | xargs sed -i d',
    "printf '%s\\n' a .env | xargs rm",
    'xargs rm <<< "a .env"',
    'echo .env | grep . | xargs -I{} cp x {}',
    'ls .github/workflows/* | xargs sed -i d',
  ])('%s: what a glob or a pipe names is on the disk', (command) => {
    mkdirSync(path.join(repository, '.github/workflows'), { recursive: true });
    for (const name of ['.github/workflows/ci.yml', '.env', 'b.les', 'Jenkinsfile'])
      writeFileSync(path.join(repository, name), '');
    symlinkSync('.github/workflows', path.join(repository, 'alink'));
    expect(bash(command)).toBe('confirm by a person');
    for (const harmless of ['rm *.log', 'rm b*', 'rm src/*', 'cat .github/*/*', 'echo x > *.les'])
      expect(bash(harmless), harmless).toBe('allow');
  });

  it('of another repository are protected from wherever they are changed', () => {
    mkdirSync(path.join(repository, '.missiond'));
    writeFileSync(path.join(repository, '.missiond', 'protected'), 'docs/\n');
    const elsewhere = mkdtempSync(path.join(os.tmpdir(), 'missiond-elsewhere-'));
    const from = (tool: string, input: object) => ask(tool, input, {}, elsewhere).personOnly;
    try {
      expect(from('Edit', { file_path: path.join(repository, 'docs/x') })).toBe(true);
      expect(from('Bash', { command: `cd ${repository} && echo 1 > docs/x` })).toBe(true);
      expect(from('Bash', { command: `rm -r ${repository}/docs` })).toBe(true);
      expect(from('Edit', { file_path: path.join(repository, 'src/x') })).toBe(false);
      expect(from('Bash', { command: `cat ${repository}/docs/x > docs` })).toBe(false);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it('a rule that denies stays a denial', () => {
    const denying = policyOf({ role: { allow: ['*'], deny: ['Edit(.env)'] } });
    expect(ask('Edit', { file_path: '.env' }, denying).decision).toBe('deny');
  });

  it.each(['src/a.ts', '.github/ISSUE_TEMPLATE/bug.md', 'environment.ts', '.env.example'])(
    '%s is not protected',
    (file_path) => {
      expect(ask('Edit', { file_path }).decision).toBe('allow');
    },
  );

  it('a repository names more, and an agent that takes a name out has not asked anybody', () => {
    const list = path.join(repository, '.missiond', 'protected');
    mkdirSync(path.dirname(list));
    writeFileSync(list, '# what is released\n/release.json\nschema.sql\nmigrations/\n');
    expect(ask('Edit', { file_path: 'release.json' })).toMatchObject({ personOnly: true });
    expect(ask('Edit', { file_path: 'db/deep/schema.sql' })).toMatchObject({ personOnly: true });
    expect(ask('Write', { file_path: 'db/migrations/1.sql' })).toMatchObject({ personOnly: true });
    expect(ask('Edit', { file_path: 'db/release.json' }).decision).toBe('allow');
    writeFileSync(list, '');
    expect(ask('Edit', { file_path: 'release.json' })).toMatchObject({ personOnly: true });
    protection.forget();
    expect(ask('Edit', { file_path: 'release.json' }).decision).toBe('allow');
  });
});

describe('gates of git', () => {
  it.each([
    'git push origin main',
    'git push origin HEAD:main',
    'git push origin work/fix:refs/heads/master',
    'git push origin release/2.0',
    'git -C . push origin main',
    '/usr/bin/git push origin main',
    'cd sub && git push origin main',
    'git push --all',
    'git push --mirror backup',
    'git checkout main; git merge work/fix; git push',
    'git switch main && git merge work/fix && git push origin HEAD',
    'git branch -M main && git push',
    'git symbolic-ref HEAD refs/heads/main; git push',
    'git checkout - && git push',
    'git push origin HEAD:heads/main',
    'git push origin :',
    'git push origin +:',
    'git push --al',
    'git push --m backup',
    'git push --de origin work/old',
    'git push --forc origin work/fix',
    'git push --repo=origin main',
    '/usr/lib/git-core/git-send-pack ../x.git main:main',
    'git -c remote.origin.push=HEAD:main push',
    'git -c alias.x=push x origin main',
    'git config a.b list',
    'git config --type=bool a.b true',
    'git config set a.b c',
    'git config -e',
    'git push -f',
    'git push --force-with-lease origin work/fix',
    'git push origin +work/fix',
    'git push origin :work/old',
    'git push --delete origin work/old',
    'git push -d origin work/old',
    'git -c push.default=upstream push',
    'git push origin "$BRANCH"',
    'git "$VERB" origin main',
    '"$GIT" push origin main',
    'git --git-dir=/elsewhere/.git push',
    'timeout 60 git push origin main',
    'bash -c "git push origin main"',
    'echo main | xargs git push origin',
    'gh pr merge 12 --squash',
    'gh -R a/b pr merge 12',
    'gh api -X PUT repos/a/b/pulls/1/merge',
    'glab mr merge 3',
    'git config core.hooksPath /dev/null',
    'git config --global user.email a@b.c',
    'git config --unset core.hooksPath',
    'git remote set-url origin https://example.org/x',
    'echo x >> .git/config',
    // what a word turns out to be
    'git push -4f origin work/fix',
    "o='origin work:main'; git push $o",
    'a=(origin work:main); git push "$' + '{a[@]}"',
    'set -- origin work:main; git push "$@"',
    'git push $(echo origin work:main)',
    "printf 'origin work:main' | xargs git push",
    "o='-f origin work'; git push $o",
    "echo 'pr merge 1' | xargs gh",
    // the branch that is checked out, by another way
    'git rebase -q work main; git push',
    'git bisect start main; git push',
    "echo 'ref: refs/heads/main' > .git/HEAD; git push",
    'git send-pack --stdin ../r.git <<< work:refs/heads/main',
    // forges
    'p=pr; gh $p merge 1',
    'm=merge; gh pr $m 1',
    'gh "$@"',
    "gh alias set m 'pr merge'",
    'gh m 1',
    'gh --repo a/b pr merge 1',
    'gh pr --repo a/b merge 1',
    'gh api repos/a/b/merges -f base=main -f head=work',
    'gh api -X PUT repos/a/b/pulls/1/merge',
    'u=repos/a/b/pulls/1/merge; gh api -X PUT $u',
    'gh api graphql -F query=@q.graphql',
    'gh api graphql -f query="mutation { x }"',
    'gh api graphql --input q.json',
    'gh api -X PATCH repos/a/b/git/refs/heads/main -f sha=x',
    'gh api --method=PUT repos/a/b/contents/x',
    'glab merge-request merge 1',
    'glab api -X POST projects/1/merge_requests/2/merge',
    'hub push origin main',
    'hub -C . push origin main',
    'hub pr merge 3',
    'tea --debug pr merge 1',
  ])('%s: only a person', (command) => {
    expect(bash(command)).toBe('confirm by a person');
  });

  it.each([
    'git push',
    'git push -u origin work/fix',
    'git push origin HEAD',
    'git push --tags origin work/fix',
    'git push --follow-tags origin work/fix',
    'git push --atomic --progress origin work/fix',
    'git switch -c work/other && git push -u origin work/other',
    'git checkout -b work/other && git push -u origin HEAD',
    'git checkout -- main && git push',
    'git push origin "$(git branch --show-current)"',
    'cd "$(git rev-parse --show-toplevel)" && git push -u origin work/fix',
    'git -c user.name=x -c color.ui=never commit -m y',
    'git -c core.pager=cat log',
    'git config -f a.cfg a.b',
    'git config --default x a.b',
    'git config get user.email',
    '$PYTHON run.py',
    'for t in a b; do ./$t.sh; done',
    'cmd="npm test"; $cmd',
    'git push --no-verify origin work/fix',
    'git fetch origin main',
    'git log origin/main..HEAD',
    'git config --get user.email',
    'git config user.email',
    'git config --list',
    'git remote -v',
    'gh pr create --title merge',
    'gh pr view 12',
    'gh pr list --search "$QUERY"',
    'gh pr checks 12 --watch',
    'gh run view --log-failed',
    'gh api repos/a/b/pulls/1/comments --paginate --jq ".[].body"',
    'gh api -X GET search/issues -f q=repo:a/b',
    "gh api graphql -f query='{ viewer { login } }'",
    'gh api -H "Accept: application/json" repos/a/b',
    'gh --version',
    'gh issue create --title "merge it" --body "$BODY"',
    'glab mr view 3',
    'tea pr list',
    'hub status',
    'git rebase origin/main',
    'git stash pop && git push -u origin work/fix',
    'git merge origin/main',
    'echo "git push --force"',
  ])('%s: nobody is asked', (command) => {
    expect(bash(command)).toBe('allow');
  });

  it('the branch that is checked out counts where none is named, and the default of a remote', () => {
    git('checkout', '-q', '-b', 'main');
    expect(bash('git push')).toBe('confirm by a person');
    expect(bash('git push origin HEAD')).toBe('confirm by a person');
    mkdirSync(path.join(repository, '.git/refs/remotes/origin'), { recursive: true });
    writeFileSync(
      path.join(repository, '.git/refs/remotes/origin/HEAD'),
      'ref: refs/remotes/origin/develop\n',
    );
    expect(bash('git push origin develop')).toBe('confirm by a person');
    expect(bash('git push origin work/fix')).toBe('allow');
  });

  it('see through the aliases of git', () => {
    git('config', 'alias.p', 'push');
    git('config', 'alias.up', '!git push origin main');
    git('config', 'alias.co', 'checkout');
    git('config', 'alias.quiet', '-c color.ui=never push');
    git('config', 'alias.there', 'back');
    git('config', 'alias.back', 'there');
    git('config', 'alias.status', 'push origin main');
    expect(bash('git p origin HEAD:main')).toBe('confirm by a person');
    expect(bash('git up')).toBe('confirm by a person');
    expect(bash('git quiet origin main')).toBe('confirm by a person');
    expect(bash('git there')).toBe('confirm by a person');
    expect(bash('git status')).toBe('allow');
    expect(bash('git p origin work/fix')).toBe('allow');
    expect(bash('git co work/fix')).toBe('allow');
  });

  it('are set by role', () => {
    const as = (role: string, command: string) =>
      createJudge({
        ...policyOf({ default: { allow: ['*'] } }),
        protections: {
          ...ProtectSchema.parse({}),
          gatesOf: (name) =>
            GatesSchema.parse(name === 'merge-queue' ? { pushProtected: 'allow' } : { forcePush: 'deny' }),
          repositoryPaths: () => [],
        },
      })({ role, slotId: 'x', tool: 'Bash', input: { command }, cwd: repository });
    expect(as('merge-queue', 'git push origin main')).toMatchObject({ decision: 'allow' });
    expect(as('merge-queue', 'git push -f origin main')).toMatchObject({
      decision: 'confirm',
      personOnly: true,
    });
    expect(as('coder', 'git push -f')).toMatchObject({
      decision: 'deny',
      personOnly: false,
      rule: 'gate forcePush: a push over what the remote has',
    });
  });

  describe('merge: green', () => {
    const merging = (command: string, gates: object = { merge: 'green' }) => {
      const judge = createJudge({
        ...policyOf({ default: { allow: ['*'] } }),
        protections: {
          ...ProtectSchema.parse({}),
          gatesOf: () => GatesSchema.parse(gates),
          repositoryPaths: () => [],
        },
      });
      return judge({ role: 'merge-queue', slotId: 'x', tool: 'Bash', input: { command }, cwd: repository });
    };

    it.each([
      'gh pr checks 12 && gh pr merge 12 --squash',
      'gh pr checks 12 --watch --fail-fast && gh pr merge 12 --squash --delete-branch',
      'gh pr checks && gh pr merge -s',
      'gh pr checks 12 -R a/b --required && gh pr merge 12 -R a/b --match-head-commit 0123abc',
    ])('lets through what is merged behind its checks: %s', (command) => {
      expect(merging(command).decision).toBe('allow');
    });

    it.each([
      'gh pr merge 12 --squash',
      'gh pr checks 12 || gh pr merge 12',
      'gh pr checks 12; gh pr merge 12',
      'gh pr checks 12 & gh pr merge 12',
      'gh pr checks 12 && true || gh pr merge 12',
      'gh pr checks 11 && gh pr merge 12',
      'gh pr checks && gh pr merge 12',
      'gh pr checks 12 -R a/c && gh pr merge 12 -R a/b',
      'gh pr checks 12 --web && gh pr merge 12',
      'gh pr checks 12 --help && gh pr merge 12',
      'gh pr checks 12 && gh pr merge 12 --admin',
      'gh pr checks 12 && gh pr merge 12 --squash --admin',
      'gh pr checks 12\ngh pr merge 12',
      'gh() { true; }; gh pr checks 12 && gh pr merge 12',
      'gh pr checks 12 && gh pr merge 12 && gh pr merge 13',
      '(gh pr checks 12) && gh pr merge 12',
      'gh pr checks "$N" && gh pr merge "$N"',
      'glab mr merge 3',
      'gh api -X PUT repos/a/b/pulls/1/merge',
    ])('refuses another way, and says how: %j', (command) => {
      const { decision, rule } = merging(command);
      expect(decision).toBe('deny');
      expect(rule).toContain('gh pr checks N && gh pr merge N');
    });

    it('asks a person about a command that nobody knows, while any gate is shut', () => {
      const others = { pushProtected: 'allow', forcePush: 'allow', gitConfig: 'allow' };
      expect(merging('$TOOL pr merge 12', { ...others, merge: 'green' })).toMatchObject({
        decision: 'confirm',
        personOnly: true,
      });
      expect(merging('$TOOL pr merge 12', { ...others, merge: 'allow' }).decision).toBe('allow');
    });
  });
});
