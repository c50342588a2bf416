import { expect, it } from 'vitest';
import { GatesSchema, ProtectSchema } from '../../services/config/protect.ts';
import { createJudge, type Decision } from '../../services/permissions/decide.ts';
import { findCommands } from '../../services/permissions/shell-commands.ts';
import { createEffort } from '../../services/permissions/shell-limits.ts';
import { policyOf } from '../services/permissions/policies.ts';

const judge = createJudge({
  ...policyOf({ role: { allow: ['*'], deny: ['Bash(rm -rf*)', 'Edit(secret/**)', 'Read(~/.ssh/**)'] } }),
  protections: {
    ...ProtectSchema.parse({}),
    gatesOf: () => GatesSchema.parse({}),
    repositoryPaths: () => [],
  },
});
const decided = (command: string): Decision['decision'] =>
  judge({ role: 'coder', slotId: 'coder-1', tool: 'Bash', input: { command }, cwd: '/work/project' })
    .decision;

/** As long as a hook may make them. Each took seconds once, or all the memory. */
const HOSTILE: readonly (readonly [beginning: string, repeated: string])[] = [
  ['sudo --x ', 'a '],
  ['sudo --x ', 'sudo --x '],
  ['ld.so ', 'a '],
  ['ld.so ', 'ld.so '],
  ['find . ', '-exec a '],
  ['find . ', '-exec find . '],
  ['', '$('],
  ['', '$(echo '],
  ['', '`'],
  ['', '<(a '],
  ['', '((1+'],
  ['', '<<A '],
  ['', 'for a in x;do((1));done;'],
  ['for x in a b c d e f;do ', 'rm $x;'],
  ['cp -r ', '-t x '],
  ['cp ', '/g'],
  ['xargs ', 'xargs '],
  ['bash <<E\n', 'sudo --x bash '],
  ['$x ', '-a b '],
  ['cd a;cd b;cd c;cd d;cd e;cd f;', '>a '],
  ['', 'cd $x;'],
  ['', '{a,b}{c,d}{e,f} '],
  ["awk '/", '[]a]'],
  ["sed 's/", '[a'],
  ['cp ', '//'],
  ['bash ', '['],
];
/** Far fewer than what any of those would come to. */
const MOST_COLLECTED = 10_000;

/** Words and files that are kept of a text; none of one that is refused. */
function collected(text: string): number {
  try {
    const found = findCommands(text);
    const words = found.commands.reduce((sum, command) => sum + command.words.length, 0);
    return words + [found.reads, found.changes, found.writes, found.trees, found.fills].flat().length;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return 0;
  }
}

it.each(HOSTILE)('%j and ever more of %j is not worked out to its end', (beginning, repeated) => {
  for (const length of [3_000, 19_000, 99_000]) {
    const text = `${beginning}${repeated.repeat(Math.floor(length / repeated.length))}`;
    expect(collected(text)).toBeLessThan(MOST_COLLECTED);
  }
  expect(decided(`${beginning}${repeated.repeat(Math.floor(99_000 / repeated.length))}`)).not.toBe('allow');
});

it('the parser is spared what it would read again and again', () => {
  for (const opening of ['$(', '$((', '`', '${', '<(', '"$(', 'a[', '$(echo ', '<<A '])
    expect(() => createEffort().reads(opening.repeat(2_000))).toThrow(RangeError);
  // Nothing that only looks like the body of a here-document hides them.
  for (const hidden of ["# cat <<'E'\n", "echo '<<'E'\n", "cat <<-'E'\n\tE\n", "x[<<'E'\n", "cat <<'E'\nE\n"])
    expect(() => createEffort().reads(`${hidden}${'$('.repeat(2_000)}`)).toThrow(RangeError);
});

const LINES = Array.from({ length: 1_500 }, (_, n) => `  const x${n} = \`\${a[${n}]} $(b)\`; // "'(`);

it.each([
  ['a file that is written', `cat > src/a.ts <<'EOF'\n${LINES.join('\n')}\nEOF\nnpx prettier src/a.ts`],
  [
    'a list of files',
    `npx prettier --write ${Array.from({ length: 400 }, (_, n) => `src/a${n}.ts`).join(' ')}`,
  ],
  [
    'a script',
    Array.from({ length: 80 }, (_, n) => `x=$(basename "\${file${n}}") && echo "$x" >> list.txt`).join('\n'),
  ],
  ['a long message', `git commit -m '${'Because it had been so for a long time.\n'.repeat(300)}'`],
])('%s may be long', (_, command) => {
  expect(decided(command)).toBe('allow');
});

it('what is longer is asked about, whatever stands in it', () => {
  expect(decided(`echo '${'a'.repeat(200_000)}'`)).toBe('confirm');
  expect(decided(`rm -rf x; ${'ls; '.repeat(600)}`)).toBe('confirm');
});
