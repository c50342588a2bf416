import { programOf } from './shell-unwrap.ts';
import { HOLE, plainWord, type ShellWord, UNKNOWN_WORD } from './shell-word.ts';

/** Programs that show or copy the files named to them. A rule against reading a file means these too. */
const READERS: ReadonlySet<string> = new Set(
  `cat tac head tail less more bat nl od xxd hexdump strings base64 base32 md5sum sha256sum sort uniq cut tr paste
   join awk gawk sed grep egrep fgrep rg diff cmp comm cp mv ln dd install rsync scp tar zip gzip xz zstd source . tee
   vi vim nano view jq yq file stat wc openssl gpg curl`
    .split(/\s+/)
    .filter((name) => name !== ''),
);
/** Programs that change every file named to them, and those that change only the last. */
const CHANGERS: ReadonlySet<string> = new Set([
  'tee',
  'touch',
  'truncate',
  'mv',
  'rm',
  'shred',
  'unlink',
  'chmod',
  'chown',
]);
const CHANGE_LAST: ReadonlySet<string> = new Set(['cp', 'ln', 'install', 'rsync', 'scp']);
/** `-o FILE`, or what curl and wget call it. */
const WRITES_OUTPUT: ReadonlySet<string> = new Set([
  'curl',
  'wget',
  'sort',
  'tree',
  'gcc',
  'cc',
  'gpg',
  'openssl',
]);
const OUTPUT_OPTION = /^(?:-o|-O|--output|--output-document|-out)$/;
const GOES_TO: ReadonlySet<string> = new Set(['cd', 'pushd']);

export interface MentionedFiles {
  readonly reads: readonly ShellWord[];
  readonly changes: readonly ShellWord[];
  readonly folders: readonly ShellWord[];
}

/** `cd` alone goes home; `cd -` and `pushd +1` go where the shell has been. */
function folderWithoutName(words: readonly ShellWord[]): ShellWord {
  return words.some(({ text }) => text === '-') ? UNKNOWN_WORD : plainWord('~');
}

/** `env -C folder program` runs it there. */
function foldersOfEnv(words: readonly ShellWord[]): readonly ShellWord[] {
  return words.flatMap((word, index) => {
    const before = words[index - 1]?.text ?? '';
    if (/^-\w*C$|^--chdir$/.test(before)) return [word];
    const [, glued] = /^(?:-\w*C|--chdir=)(.+)$/.exec(word.text) ?? [];
    return glued === undefined
      ? []
      : [{ text: glued, mask: glued === word.mask.slice(-glued.length) ? glued : HOLE }];
  });
}

/** Files and folders that a command names. Best effort: enough for the ways in which an agent usually gets at a file. */
export function mentionedFiles(words: readonly ShellWord[]): MentionedFiles {
  const program = programOf(words[0]);
  const operands = words.slice(1).filter(({ text }) => !text.startsWith('-') || text.includes('='));
  // `dd if=x`, `--data=@x`: the file is behind the sign.
  const files = operands.map(({ text, mask }) => ({ text: text.replace(/^[\w-]+=@?|^@/, ''), mask }));
  const inPlace = program === 'sed' && words.some(({ text }) => /^-\w*i|^--in-place/.test(text));
  const output = operands
    .filter(({ text }) => program === 'dd' && text.startsWith('of='))
    .map(({ text, mask }) => ({ text: text.slice('of='.length), mask }));
  if (WRITES_OUTPUT.has(program))
    output.push(...words.filter((_, index) => OUTPUT_OPTION.test(words[index - 1]?.text ?? '')));
  return {
    reads: READERS.has(program) ? files : [],
    changes: CHANGERS.has(program) || inPlace ? files : CHANGE_LAST.has(program) ? files.slice(-1) : output,
    folders:
      program === 'env'
        ? foldersOfEnv(words)
        : GOES_TO.has(program)
          ? [operands[0] ?? folderWithoutName(words)]
          : [],
  };
}
