// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GatesSchema, ProtectSchema } from '../../../services/config/protect.ts';
import { createJudge } from '../../../services/permissions/decide.ts';
import { guardedRepository } from './guarded-repository.ts';
import { policyOf } from './policies.ts';

const repository = guardedRepository();

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
    'git push origin HEAD:MAIN',
    'git subtree push --prefix=docs origin main',
    'git svn dcommit',
    'git http-push https://example.org/x.git main',
    '/usr/lib/git-core/git-http-push https://example.org/x.git main',
    'git p4 submit',
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
    expect(repository.bash(command)).toBe('confirm by a person');
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
    'git subtree pull --prefix=docs origin main',
    'git svn fetch',
    'git stash pop && git push -u origin work/fix',
    'git merge origin/main',
    'echo "git push --force"',
  ])('%s: nobody is asked', (command) => {
    expect(repository.bash(command)).toBe('allow');
  });

  it('the branch that is checked out counts where none is named, and the default of a remote', () => {
    repository.git('checkout', '-q', '-b', 'main');
    expect(repository.bash('git push')).toBe('confirm by a person');
    expect(repository.bash('git push origin HEAD')).toBe('confirm by a person');
    mkdirSync(path.join(repository.folder, '.git/refs/remotes/origin'), { recursive: true });
    writeFileSync(
      path.join(repository.folder, '.git/refs/remotes/origin/HEAD'),
      'ref: refs/remotes/origin/develop\n',
    );
    expect(repository.bash('git push origin develop')).toBe('confirm by a person');
    expect(repository.bash('git push origin work/fix')).toBe('allow');
  });

  it('see through the aliases of git', () => {
    repository.git('config', 'alias.p', 'push');
    repository.git('config', 'alias.up', '!git push origin main');
    repository.git('config', 'alias.co', 'checkout');
    repository.git('config', 'alias.quiet', '-c color.ui=never push');
    repository.git('config', 'alias.there', 'back');
    repository.git('config', 'alias.back', 'there');
    repository.git('config', 'alias.status', 'push origin main');
    expect(repository.bash('git p origin HEAD:main')).toBe('confirm by a person');
    expect(repository.bash('git up')).toBe('confirm by a person');
    expect(repository.bash('git quiet origin main')).toBe('confirm by a person');
    expect(repository.bash('git there')).toBe('confirm by a person');
    expect(repository.bash('git status')).toBe('allow');
    expect(repository.bash('git p origin work/fix')).toBe('allow');
    expect(repository.bash('git co work/fix')).toBe('allow');
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
      })({ role, slotId: 'x', tool: 'Bash', input: { command }, cwd: repository.folder });
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
      return judge({
        role: 'merge-queue',
        slotId: 'x',
        tool: 'Bash',
        input: { command },
        cwd: repository.folder,
      });
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
