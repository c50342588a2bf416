// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts and the placeholders of slots.yaml

import { describe, expect, it } from 'vitest';
import { askBash, policyOf } from './policies.ts';

/** What permissions.yaml says when nobody changed it, for a role that may run commands. */
const usual = policyOf({
  role: { allow: ['Bash(*)', 'Edit(*)'], confirm: ['Bash(git push*)'] },
  default: { deny: ['Bash(rm -rf*)', 'Bash(sudo *)', 'Read(~/.ssh/**)'] },
});

const HARMLESS: readonly string[] = [
  'ls -la',
  'pwd && ls',
  'cat package.json',
  'git status',
  'git log --oneline -20',
  'git log --grep=push',
  'git diff HEAD~1 -- src/a.ts',
  'git add -A && git commit -m "Remove: rm -rf is gone"',
  'git commit -m "$(cat <<\'EOF\'\nWhy rm -rf was wrong; sudo too\n\nEOF\n)"',
  'git checkout -b feature/push-notifications',
  'git stash push -m wip',
  'git rebase main',
  'npm test',
  'npm run build 2>&1 | tail -20',
  'npm ci --ignore-scripts',
  'npx vitest run test/a.test.ts',
  'CI=1 npm test',
  'FOO=bar npm run dev',
  'timeout 60 npm test',
  'time make -j4',
  'make clean',
  'cargo build --release',
  'go test ./...',
  'python3 -m pytest -q',
  "python3 -c 'print(1 + 1)'",
  'node -e "console.log(process.version)"',
  'node script.js --recursive --force',
  'grep -rn "rm -rf" src',
  "grep -rn 'sudo ' docs | head",
  'rg -n "git push" .',
  "find . -name '*.ts' -not -path './node_modules/*'",
  "find . -name '*.ts' -exec grep -l rm {} \\;",
  'ls *.ts | xargs wc -l',
  "sed -n '1,20p' src/a.ts",
  "sed -i 's/a/e/g' src/a.ts",
  "awk '{ print $1 }' file",
  "jq '.scripts' package.json",
  'rm file.txt',
  'rm -f build.log',
  'rm *.log',
  'rm -r build',
  'mkdir -p src/{a,b}/c',
  'cp -r a b',
  'mv a b',
  'touch x && chmod +x x',
  'echo "sudo rm -rf /" > notes.txt',
  "cat <<'EOF' > notes.txt\nrm -rf build\nEOF",
  'echo $HOME "$PWD" ${USER:-nobody}',
  'echo $(date) $((1 + 2))',
  'for f in src/*.ts; do wc -l "$f"; done',
  'if [ -f a ]; then cat a; else echo none; fi',
  '[[ -d build ]] || mkdir build',
  'export NODE_ENV=test',
  'export PATH="$HOME/bin:$PATH"',
  'cd src && ls',
  'x=1; echo $x',
  'head=$(git rev-parse HEAD); echo "$head"',
  'export STAMP=$(date +%s) && npm run build',
  'now=`date`; echo $now',
  'files=($(ls)); echo ${#files[@]}',
  'declare -A map=([a]=1)',
  'alias | grep git',
  'trap - EXIT',
  "printf '%s\\n' done > out.txt",
  'echo one > a.txt && cat a.txt',
  '[ "$(git branch --show-current)" = main ] && echo main',
  'which rm',
  'command -v sudo',
  'type rm',
  'man sudo',
  'docker ps -a',
  'curl -s https://example.com -o page.html',
  'tar czf a.tgz src',
  'ps aux | grep node',
  'kill %1',
  'sleep 1 &',
  'diff <(sort a) <(sort b)',
  'bash scripts/build.sh',
  'bash --version',
  './gradlew test',
  'true',
  '# only a comment',
  'ls ~/.ssh-backup',
];

describe('everyday commands are not in the way', () => {
  it.each(HARMLESS)('%j', (command) => {
    expect(askBash(usual, command)).toBe('allow');
  });
});

describe('narrow rules allow what they name', () => {
  const narrow = policyOf({
    role: {
      allow: [
        'Bash(npm test *)',
        'Bash(npm run test*)',
        'Bash(git log *)',
        'Bash(ls *)',
        'Bash(tail *)',
        'Bash(grep *)',
        'Bash(make && make install)',
        'Write(out/**)',
      ],
    },
    default: { deny: ['Bash(rm -rf*)', 'Bash(git push*)'] },
  });
  it.each([
    'npm test',
    'npm test -- --watch=false',
    'npm run test:unit',
    'CI=1 npm test',
    'NODE_ENV=test npm test 2>&1 | tail -5',
    'timeout 60 npm test',
    'time npm test',
    'nice -n 10 npm test > /dev/null',
    'git log --oneline | grep fix',
    'ls $HOME',
    'ls "$dir"/*.ts',
    'for d in a b; do ls $d; done',
    'grep -n x < /dev/null',
    'npm test > out/log.txt',
    'make && make install',
  ])('%j', (command) => {
    expect(askBash(narrow, command)).toBe('allow');
  });
});
