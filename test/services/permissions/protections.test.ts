// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardedRepository } from './guarded-repository.ts';
import { policyOf } from './policies.ts';

const repository = guardedRepository();

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
    const file_path = path.join(repository.folder, name);
    expect(repository.ask('Edit', { file_path })).toMatchObject({ decision: 'confirm', personOnly: true });
    expect(repository.ask('Write', { file_path })).toMatchObject({ decision: 'confirm', personOnly: true });
    expect(repository.ask('Read', { file_path })).toMatchObject({ decision: 'allow', personOnly: false });
    for (const command of [
      `echo x > ${name}`,
      `echo x | tee -a ${name}`,
      `sed -i s/a/b/ ${name}`,
      `rm ${name}`,
      `cp x ${name}`,
      `cd ${path.dirname(name)} && rm ${path.basename(name)}`,
    ])
      expect(repository.bash(command), command).toBe('confirm by a person');
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
    expect(repository.bash(command)).toBe('confirm by a person');
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
    mkdirSync(path.join(repository.folder, '.github/workflows'), { recursive: true });
    for (const name of ['.github/workflows/ci.yml', '.env', 'b.les', 'Jenkinsfile'])
      writeFileSync(path.join(repository.folder, name), '');
    symlinkSync('.github/workflows', path.join(repository.folder, 'alink'));
    expect(repository.bash(command)).toBe('confirm by a person');
    for (const harmless of ['rm *.log', 'rm b*', 'rm src/*', 'cat .github/*/*', 'echo x > *.les'])
      expect(repository.bash(harmless), harmless).toBe('allow');
  });

  it('of another repository are protected from wherever they are changed', () => {
    mkdirSync(path.join(repository.folder, '.missiond'));
    writeFileSync(path.join(repository.folder, '.missiond', 'protected'), 'docs/\n');
    const elsewhere = mkdtempSync(path.join(os.tmpdir(), 'missiond-elsewhere-'));
    const from = (tool: string, input: object) => repository.ask(tool, input, {}, elsewhere).personOnly;
    try {
      expect(from('Edit', { file_path: path.join(repository.folder, 'docs/x') })).toBe(true);
      expect(from('Bash', { command: `cd ${repository.folder} && echo 1 > docs/x` })).toBe(true);
      expect(from('Bash', { command: `rm -r ${repository.folder}/docs` })).toBe(true);
      expect(from('Edit', { file_path: path.join(repository.folder, 'src/x') })).toBe(false);
      expect(from('Bash', { command: `cat ${repository.folder}/docs/x > docs` })).toBe(false);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it('a rule that denies stays a denial', () => {
    const denying = policyOf({ role: { allow: ['*'], deny: ['Edit(.env)'] } });
    expect(repository.ask('Edit', { file_path: '.env' }, denying).decision).toBe('deny');
  });

  it.each(['src/a.ts', '.github/ISSUE_TEMPLATE/bug.md', 'environment.ts', '.env.example'])(
    '%s is not protected',
    (file_path) => {
      expect(repository.ask('Edit', { file_path }).decision).toBe('allow');
    },
  );

  it('a repository names more, and an agent that takes a name out has not asked anybody', () => {
    const list = path.join(repository.folder, '.missiond', 'protected');
    mkdirSync(path.dirname(list));
    writeFileSync(list, '# what is released\n/release.json\nschema.sql\nmigrations/\n');
    expect(repository.ask('Edit', { file_path: 'release.json' })).toMatchObject({ personOnly: true });
    expect(repository.ask('Edit', { file_path: 'db/deep/schema.sql' })).toMatchObject({ personOnly: true });
    expect(repository.ask('Write', { file_path: 'db/migrations/1.sql' })).toMatchObject({ personOnly: true });
    expect(repository.ask('Edit', { file_path: 'db/release.json' }).decision).toBe('allow');
    writeFileSync(list, '');
    expect(repository.ask('Edit', { file_path: 'release.json' })).toMatchObject({ personOnly: true });
    repository.forget();
    expect(repository.ask('Edit', { file_path: 'release.json' }).decision).toBe('allow');
  });
});
