// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askBash, policyOf } from './policies.ts';

/**
 * The judge of the judge: a real bash runs texts in which `rm` is a stub that leaves a note. Whenever the stub was
 * really called with -r and -f, the text must not have been allowed. Nothing else is on the PATH than what is linked here.
 */
const LINKED =
  'bash sh env xargs timeout nohup nice stdbuf flock taskset setsid script find cat tee rev base64 awk sed perl python3 tar chmod sleep'.split(
    ' ',
  );
/** A text that waits for something is no finding. `timeout` ends the whole group, whatever the text started. */
const RUNS_AT_MOST_S = 5;
/** Root stands above the limit of processes, and a text that means harm should own nothing to harm. */
const NOBODY = 65_534;
const asNobody: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const whoRuns = asNobody.uid ?? process.getuid?.() ?? NOBODY;
/** A text and its wrappers need a dozen; one that forks for ever gets no further. */
const MOST_PROCESSES = 300;
/** Processes, those that the user has anyway included; CPU seconds, and KiB of memory and of a file, for each of them. */
const LIMITS = 'ulimit -u "$1" -t 5 -v 4000000 -f 1000; shift; exec "$@"';
/** The same texts each time: a hostile one that was never tried is not for CI to meet. */
const SEED = 20261121;

const policy = policyOf({ role: { allow: ['Bash(*)'] }, default: { deny: ['Bash(rm -rf*)'] } });
let root: string;
let bin: string;
let work: string;
let notes: string;
let note: string;

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
}

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'missiond-bash-'));
  // Everybody may pass through; only the two folders belong to who runs the texts.
  chmodSync(root, 0o711);
  [bin, work, notes] = [path.join(root, 'bin'), path.join(root, 'work'), path.join(root, 'notes')];
  note = path.join(notes, 'note');
  for (const folder of [bin, work, notes]) mkdirSync(folder);
  if (process.getuid?.() === 0) for (const folder of [work, notes]) chownSync(folder, NOBODY, NOBODY);
  for (const program of LINKED) {
    const file = onPath(program);
    if (file !== undefined) symlinkSync(file, path.join(bin, program));
  }
  writeFileSync(
    path.join(bin, 'rm'),
    `#!${path.join(bin, 'bash')}\n[[ "$*" == *-*r*f* || "$*" == *-*f*r* ]] && : > ${note}\n`,
  );
  chmodSync(path.join(bin, 'rm'), 0o755);
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** The kernel counts threads, and those of every program of the user. */
function threadsOf(uid: number): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => {
      try {
        return statSync(`/proc/${pid}`).uid === uid ? sum + readdirSync(`/proc/${pid}/task`).length : sum;
      } catch {
        // It ended while we looked.
        return sum;
      }
    }, 0);
}

function run(script: string): void {
  const bash = path.join(bin, 'bash');
  const most = String(threadsOf(whoRuns) + MOST_PROCESSES);
  spawnSync(
    path.join(bin, 'timeout'),
    ['-s', 'KILL', String(RUNS_AT_MOST_S), bash, '-c', LIMITS, '_', most, bash, '-c', script],
    { cwd: work, env: { PATH: bin, HOME: work }, input: '', ...asNobody },
  );
}

function reallyDeletes(script: string): boolean {
  rmSync(note, { force: true });
  run(script);
  return existsSync(note);
}

const SINGLE: readonly string[] = [
  'rm -rf x',
  'rm -r -f x',
  'a=(rm -rf x); "${a[@]}"',
  "n=v; v='rm -rf x'; ${!n}",
  "read -r c <<< 'rm -rf x'; $c",
  'set -- rm -rf x; "$@"',
  "mapfile -C 'rm -rf x' -c 1 a <<< 1",
  "compgen -C 'rm -rf x'",
  'source <(echo rm -rf x)',
  ". /dev/fd/3 3<<< 'rm -rf x'",
  "PS4='$(rm -rf x)'; set -x; :",
  "test -v 'a[$(rm -rf x)]'",
  "[ -v 'a[$(rm -rf x)]' ]",
  "let 'a[$(rm -rf x)]=1'",
  "printf -v 'a[$(rm -rf x)]' x",
  "unset 'a[$(rm -rf x)]'",
  "read 'a[$(rm -rf x)]' <<< 1",
  "[[ 'a[$(rm -rf x)]' -eq 0 ]]",
  "[[ -v 'a[$(rm -rf x)]' ]]",
  "declare 'a[$(rm -rf x)]=1'",
  "declare -i i='a[$(rm -rf x)]'",
  "i='a[$(rm -rf x)]'; echo $((i))",
  "i='a[$(rm -rf x)]'; ((i))",
  'x=\'$(rm -rf x)\'; echo "${x@P}"',
  "trap -- 'rm -rf x' EXIT",
  "trap 'rm -rf x' DEBUG; :",
  'hash -p ../bin/rm foo; foo -rf x',
  "echo 'rm -rf x' > s; bash s",
  'echo rm -rf x > s; . ./s',
  'echo rm -rf x > s; chmod +x s; ./s',
  'echo x fr- mr | rev | bash',
  'echo cm0gLXJmIHgK | base64 -d | bash',
  'awk \'BEGIN { print "x" | "rm -rf x" }\'',
  "sed 's/.*/rm -rf x/e' <<< a",
  "perl -e 'exec qw(rm -rf x)'",
  'python3 -c \'import os; os.system("rm -rf x")\'',
  "env --split-string='rm -rf x'",
  "xargs <<< 'rm -rf x' env",
  'echo x | xargs --max-args 1 rm -rf',
  'echo rm -rf x | xargs -I% bash -c %',
  "find . -maxdepth 0 -exec bash -c 'rm -rf x' \\;",
  'flock --nonblock l rm -rf x',
  'nice -5 rm -rf x',
  'exec -a foo rm -rf x',
  'command -- rm -rf x',
  'builtin eval rm -rf x',
  'eval -- rm -rf x',
  'bash -c \'"$@"\' _ rm -rf x',
  "bash -o errexit -c 'rm -rf x'",
  "bash +o posix -c 'rm -rf x'",
  'f() { rm -rf x; }; export -f f; bash -c f',
  'shopt -s expand_aliases; alias q=rm\nq -rf x',
  "alias r='rm '; shopt -s expand_aliases\nr -rf x",
  'IFS=,; c=rm,-rf,x; $c',
  'rm${IFS}-rf${IFS}x',
  "$BASH -c 'rm -rf x'",
  '../b*/r? -rf x',
  'r{m,} -rf x',
  'rm -{r,f} x',
  "while read l; do $l; done <<< 'rm -rf x'",
  "echo 'rm -rf x' | { bash; }",
  "script -qc 'rm -rf x' /dev/null",
  "tar cf /dev/null --checkpoint=1 --checkpoint-action=exec='rm -rf x' .",
  ": $'\\''; rm -rf x #'",
  ': <<"E F"\nE F\nrm -rf x',
  ': #\\\nrm -rf x',
  'echo $((1<<2)); rm -rf x',
  '[[ a =~ (b|c) ]] || rm -rf x',
  'case a in a) : ;& b) rm -rf x;; esac',
];

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const double = (text: string): string => `"${text.replace(/["\\$`]/g, '\\$&')}"`;

const AROUND: readonly ((text: string) => string)[] = [
  (c) => `: && ${c}`,
  (c) => `${c} | cat`,
  (c) => `(${c}\n)`,
  (c) => `if :; then ${c}\nfi`,
  (c) => `for i in 1; do ${c}\ndone`,
  (c) => `f() { ${c}\n}; f`,
  (c) => `echo "$(${c}\n)"`,
  (c) => `cat <(${c}\n)`,
  (c) => `: $((0 $(${c}\n)))`,
  (c) => `: \${x:-$(${c}\n)}`,
  (c) => `[[ -n $(${c}\n) ]]`,
  (c) => `case a in a) ${c}\n;; esac`,
  (c) => `cat <<E${c.length}\n$(${c}\n)\nE${c.length}\n`,
  (c) => `: "a;b" 'c' \\; ; ${c}`,
  (c) => `: # '\n${c}`,
  (c) => `coproc { ${c}\n}; wait`,
  (c) => `bash -c ${single(c)}`,
  (c) => `sh -ec ${double(c)}`,
  (c) => `eval ${double(c)}`,
  (c) => `bash <<'E${c.length}'\n${c}\nE${c.length}\n`,
  (c) => `bash <<< ${single(c)}`,
  (c) => `printf %s ${single(c)} | sh`,
  (c) => `env A=b timeout 4 nohup bash -c ${single(c)}`,
  (c) => `echo x | xargs -I{} bash -c ${single(c)}`,
  (c) => `find . -maxdepth 0 -exec bash -c ${single(c)} ';'`,
  (c) => `trap ${single(c)} EXIT`,
  (c) => `v=${single(c)}; eval "$v"`,
  (c) => `a=(bash -c ${single(c)}); "\${a[@]}"`,
  (c) => `echo ${single(c)} > s; bash s`,
  (c) => `mapfile -t l <<< ${single(c)}; eval "\${l[@]}"`,
];

const missing = ['bash', 'timeout']
  .filter((program) => onPath(program) === undefined)
  .concat(existsSync('/proc/self/task') ? [] : ['/proc']);
if (missing.length > 0) console.warn(`real-bash.test.ts is skipped: there is no ${missing.join(', no ')}.`);

describe.skipIf(missing.length > 0)('what a real bash deletes was not allowed', () => {
  it('while it runs under its limits and as nobody who owns anything', () => {
    run(`echo "$UID $(ulimit -u)" > ${notes}/limits`);
    const [uid, most] = readFileSync(path.join(notes, 'limits'), 'utf8').trim().split(' ').map(Number);
    expect(uid).not.toBe(0);
    expect(most).toBeLessThanOrEqual(threadsOf(whoRuns) + 2 * MOST_PROCESSES);
  });

  it.each(SINGLE)('%j', (script) => {
    if (reallyDeletes(script)) expect(askBash(policy, script, work)).not.toBe('allow');
  });

  it('and the stub is really reached', () => {
    expect(reallyDeletes('rm -rf x')).toBe(true);
    expect(reallyDeletes('rm x; echo rm -rf x')).toBe(false);
    expect(SINGLE.filter(reallyDeletes).length).toBeGreaterThan(SINGLE.length / 2);
  });

  it('nor when one is wrapped in another', () => {
    const wrapped = fc
      .tuple(fc.constantFrom(...SINGLE), fc.array(fc.constantFrom(...AROUND), { minLength: 1, maxLength: 3 }))
      .map(([script, around]) => around.reduce((inner, wrap) => wrap(inner), script));
    fc.assert(
      fc.property(wrapped, (script) => {
        if (askBash(policy, script, work) === 'allow') expect(reallyDeletes(script), script).toBe(false);
      }),
      { numRuns: 2_000, seed: SEED },
    );
  });
});
