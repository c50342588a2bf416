import { awkCall, isAwk } from './awk-call.ts';
import { type Options, optionValues } from './option-reader.ts';
import { isSed, sedCall } from './sed-call.ts';
import { SOMETHING } from './shell-pipes.ts';
import { HOLE, plainWord, programOf, type ShellWord, UNKNOWN_WORD } from './shell-word.ts';

/** Programs that show or copy the files named to them. A rule against reading a file means these too. */
const READERS: ReadonlySet<string> = new Set(
  `cat tac head tail less more bat nl od xxd hexdump strings base64 base32 md5sum sha256sum sort uniq cut tr paste
   join grep egrep fgrep rg diff cmp comm cp mv ln dd install rsync scp tar zip gzip xz zstd source . tee
   vi vim nano view jq yq openssl gpg curl rev fold shuf pr expand unexpand column iconv hd zcat bzcat xzcat zless
   7z sqlite3 perl ruby fmt csplit split ul colrm emacs look pandoc`
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
  'mkdir',
  'rmdir',
  'sponge',
]);
/** They put another file in the place of the one that is named. */
const PACKERS: ReadonlySet<string> = new Set(
  'gzip gunzip bzip2 bunzip2 xz unxz zstd lz4 compress'.split(' '),
);
const CHANGE_LAST: ReadonlySet<string> = new Set(['cp', 'ln', 'install', 'rsync', 'scp']);
/** With -i they write back what they have read. */
const IN_PLACE: ReadonlySet<string> = new Set(['perl', 'ruby', 'yq']);
/** With a folder they change all that is in it. */
const CHANGES_TREES: ReadonlySet<string> = new Set(['rm', 'mv', 'chmod', 'chown', 'shred']);
/** They put their sources into the folder that is named last, or by -t. */
const INTO_FOLDER: ReadonlySet<string> = new Set([...CHANGE_LAST, 'mv']);
/** They take in all of a folder that is named to them. */
const TAKES_TREES: ReadonlySet<string> = new Set(
  'cp mv ln rsync scp install tar zip grep egrep fgrep rg ag diff'.split(' '),
);
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
  'iconv',
  'ld',
  'script',
  'strace',
  'time',
]);
const OUTPUT_OPTIONS: readonly string[] = ['-o', '-O', '--output', '--output-document', '-out'];
const OUTPUT: Options = { names: ['--output', '--output-document'] };
const TARGET_OPTIONS: readonly string[] = ['-t', '--target-directory'];
/** Where tar, unzip and wget put what they bring. */
const UNPACKS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tar', ['-C', '--directory']],
  ['unzip', ['-d']],
  ['wget', ['-P', '--directory-prefix']],
]);
const ARG_FILE: Options = { names: ['-a', '--arg-file'], valued: 'dEILnPs' };
const CHDIR: Options = { names: ['-C', '--chdir'], valued: 'uS' };
const GOES_TO: ReadonlySet<string> = new Set(['cd', 'pushd']);

export interface MentionedFiles {
  readonly reads: readonly ShellWord[];
  readonly changes: readonly ShellWord[];
  /** Folders that are taken in as a whole. */
  readonly trees: readonly ShellWord[];
  /** Folders that may come to hold anything. */
  readonly fills: readonly ShellWord[];
  readonly folders: readonly ShellWord[];
}

/** `cd` alone goes home; `cd -` and `pushd +1` go where the shell has been. */
function folderWithoutName(words: readonly ShellWord[]): ShellWord {
  return words.some(({ text }) => text === '-') ? UNKNOWN_WORD : plainWord('~');
}

/** Values of an option: `-o x`, `-ox`, `--output=x`, `--output x`. */
function valuesOf(words: readonly ShellWord[], options: readonly string[]): readonly ShellWord[] {
  return words.flatMap((word, index) => {
    if (options.includes(words[index - 1]?.text ?? '')) return [word];
    const glued = options
      .map((option) => (option.startsWith('--') ? `${option}=` : option))
      .find((beginning) => word.text.startsWith(beginning) && word.text.length > beginning.length);
    if (glued === undefined || options.includes(word.text)) return [];
    return [{ text: word.text.slice(glued.length), mask: word.mask.slice(glued.length) }];
  });
}

/** What a patch or an archive changes stands in it. */
const INSIDE_HERE: ShellWord = { text: `./${SOMETHING.text}`, mask: `./${HOLE}` };
const TAR_FILE: Options = { names: ['-f', '--file'], valued: 'bCgHIKLNTVXF' };

/** Files that tar writes: the archive, or what is in it. The letters of its first word may stand without a dash. */
function changedByTar([, first, ...rest]: readonly ShellWord[]): readonly ShellWord[] {
  if (first === undefined) return [];
  const words = first.text.startsWith('-')
    ? [first, ...rest]
    : [{ text: `-${first.text}`, mask: `-${first.mask}` }, ...rest];
  const does = (letters: RegExp, long: RegExp): boolean =>
    words.some(({ text }, at) => (at === 0 && letters.test(text)) || long.test(text));
  if (does(/^-\w*[xA]/, /^--(?:extract|get)$|^-\w*x/)) return [INSIDE_HERE];
  return does(/^-\w*[cru]/, /^--(?:create|append|update)$|^-[cru]/) ? optionValues(words, TAR_FILE) : [];
}

/** Programs that change what a patch or an archive names. */
function changesWhatIsInside(program: string, texts: readonly string[]): boolean {
  if (program === 'git')
    return /^(?:apply|am)$/.test(texts.find((text, at) => at > 0 && !text.startsWith('-')) ?? '');
  if (program === 'unzip') return !texts.some((text) => /^-\w*[lptvz]/.test(text));
  return program === 'patch';
}

/** Options of git that write a file, and its subcommands that change the files named to them. */
const GIT_CHANGES: ReadonlySet<string> = new Set(['rm', 'mv', 'restore', 'checkout', 'clean']);

const CACHE_INFO: Options = { names: ['--cacheinfo'] };
const GIT_OUTPUT: Options = { names: ['-o', '--output', '--export-marks', '--index-output'] };

/** Files that git itself changes, as far as its words name them. */
function changedByGit(words: readonly ShellWord[]): readonly ShellWord[] {
  const at = words.findIndex(({ text }, index) => index > 0 && GIT_CHANGES.has(text));
  const operands = at < 0 ? [] : words.slice(at + 1).filter(({ text }) => !text.startsWith('-'));
  const cleans = words[at]?.text === 'clean' && !words.some(({ text }) => /^-\w*n|^--dry-run$/.test(text));
  const named = cleans && operands.length === 0 ? [plainWord('.')] : operands;
  const cached = optionValues(words, CACHE_INFO).map(({ text }) =>
    plainWord(text.replace(/^[^,]*,[^,]*,/, '')),
  );
  const written = /^(?:archive|bundle|fast-export|read-tree|format-patch|diff|log|show)$/;
  const output = words.some(({ text }) => written.test(text)) ? optionValues(words, GIT_OUTPUT) : [];
  const bundle = words.findIndex(({ text }) => text === 'create');
  return [...named, ...cached, ...output, ...(bundle < 2 ? [] : words.slice(bundle + 1, bundle + 2))];
}

/** Files of the repository that git shows: `show HEAD:F`, and what stands behind `--`. */
function shownByGit(words: readonly ShellWord[]): readonly ShellWord[] {
  const texts = words.map(({ text }) => text);
  const dashes = texts.indexOf('--');
  const shows = texts.some((text) => /^(?:show|cat-file|grep|log|archive|blame|diff|annotate)$/.test(text));
  if (!shows) return [];
  const revisions = words
    .filter(({ text }) => /^[^:/]*:[^:]+$/.test(text))
    .map(({ text, mask }) => ({
      text: text.slice(text.indexOf(':') + 1),
      mask: mask.slice(mask.indexOf(':') + 1),
    }));
  const named = texts.includes('--no-index') || texts.includes('blame') ? words.slice(2) : [];
  return [...revisions, ...(dashes < 0 ? named : words.slice(dashes + 1))].filter(
    ({ text }) => !text.startsWith('-'),
  );
}

/** What find is told to write or to remove: files, and folders with all that is in them. */
function changedByFind(words: readonly ShellWord[]): {
  readonly files: readonly ShellWord[];
  readonly folders: readonly ShellWord[];
} {
  const files = valuesOf(words, ['-fprint', '-fprint0', '-fprintf', '-fls']);
  const from = words.slice(1).findIndex(({ text }) => /^[-(!]/.test(text));
  const starts = words.slice(1, from < 0 ? undefined : from + 1);
  const removes = words.some(({ text }) => text === '-delete');
  const removed = removes ? (starts.length === 0 ? [plainWord('.')] : starts) : [];
  const chooses = words.some(({ text }) =>
    /^-(?:i?name|i?path|i?regex|newer|size|mtime|empty|user)/.test(text),
  );
  // Of those that it chooses nobody knows which they are.
  return chooses
    ? { files: [...files, ...removed.map((start) => inside(start, SOMETHING))], folders: [] }
    : { files, folders: removed };
}

const withoutScheme = ({ text, mask }: ShellWord): ShellWord => ({
  text: text.replace(/^file:\/\//, ''),
  mask: mask.replace(/^file:\/\//, ''),
});

/** What comes to stand in a folder under its own name. */
function inside({ text, mask }: ShellWord, source: ShellWord): ShellWord {
  const last = (path: string): string => path.split('/').findLast((name) => name !== '') ?? '';
  return { text: `${text}/${last(source.text)}`, mask: `${mask}/${last(source.mask)}` };
}

function mentionedBySed(words: readonly ShellWord[]): MentionedFiles {
  const { script, scriptFiles, files, isInPlace } = sedCall(words);
  const changes = [...script.writes, ...(isInPlace ? files : [])];
  return { reads: [...files, ...scriptFiles, ...script.reads], changes, trees: [], fills: [], folders: [] };
}

function mentionedByAwk(words: readonly ShellWord[]): MentionedFiles {
  const { program, scriptFiles, files, writes } = awkCall(words);
  const reads = [...files, ...scriptFiles, ...program.reads];
  return { reads, changes: writes, trees: [], fills: [], folders: [] };
}

/** Files and folders that a command names. Best effort: enough for the ways in which an agent usually gets at a file. */
export function mentionedFiles(words: readonly ShellWord[]): MentionedFiles {
  const program = programOf(words[0]);
  if (isSed(program)) return mentionedBySed(words);
  if (isAwk(program)) return mentionedByAwk(words);
  const operands = words.slice(1).filter(({ text }) => !text.startsWith('-') || text.includes('='));
  // `dd if=x`, `--data=@x`: the file is behind the sign.
  const files = operands.map(({ text, mask }) => ({ text: text.replace(/^[\w-]+=@?|^@/, ''), mask }));
  const inPlace = IN_PLACE.has(program) && words.some(({ text }) => /^-\w*i|^--in-place/.test(text));
  const output = operands
    .filter(({ text }) => program === 'dd' && text.startsWith('of='))
    .map(({ text, mask }) => ({ text: text.slice('of='.length), mask }));
  if (WRITES_OUTPUT.has(program))
    output.push(...valuesOf(words, OUTPUT_OPTIONS), ...optionValues(words, OUTPUT));
  const packs =
    PACKERS.has(program) && !words.some(({ text }) => /^-\w*[cklt]|^--(?:stdout|keep|list|test)$/.test(text));
  const isRecursive = words.some(({ text }) =>
    /^-\w*[rRaT]|^--(?:recursive|archive|no-target-directory)$/.test(text),
  );
  const isLinked = words.some(({ text }) => /^-\w*[ls]|^--(?:link|symbolic-link)$/.test(text));
  const into = INTO_FOLDER.has(program);
  // They refuse more than one such option.
  const targets = into ? [...valuesOf(words, TARGET_OPTIONS).slice(0, 2), ...files.slice(-1)] : [];
  const arriving = targets.flatMap((target) => files.map((source) => inside(target, source)));
  const changed =
    CHANGERS.has(program) || inPlace || packs ? files : CHANGE_LAST.has(program) ? files.slice(-1) : output;
  const found = program === 'find' ? changedByFind(words) : { files: [], folders: [] };
  const byGit = program === 'git' ? changedByGit(words) : [];
  return {
    reads: [
      ...(READERS.has(program) ? files : []),
      ...(program === 'xargs' ? optionValues(words, ARG_FILE) : []),
      ...(program === 'git' ? shownByGit(words) : []),
      ...(program === 'gh' || program === 'glab' ? operands.slice(2) : []),
      ...(program === 'curl'
        ? files.filter(({ text }) => text.startsWith('file://')).map(withoutScheme)
        : []),
    ],
    changes: [
      ...changed,
      ...arriving,
      ...byGit,
      ...found.files,
      ...(program === 'tar' ? changedByTar(words) : []),
      ...(changesWhatIsInside(
        program,
        words.map(({ text }) => text),
      )
        ? [INSIDE_HERE]
        : []),
    ],
    trees: [
      ...(TAKES_TREES.has(program) ? (into ? files.slice(0, -1) : files) : []),
      // Without a folder it searches this one.
      ...(program === 'git' && /\bgrep\b.* --no-index\b/.test(words.map(({ text }) => text).join(' '))
        ? [plainWord('.')]
        : []),
      ...(/^[ef]?grep$|^zgrep$/.test(program) && operands.length < 2 && isRecursive ? [plainWord('.')] : []),
    ],
    fills: [
      ...valuesOf(words, UNPACKS.get(program) ?? []),
      ...found.folders,
      // Whoever has another name for a folder can write to it by that name.
      ...(program === 'ln' || (program === 'cp' && isLinked) ? files.slice(0, -1) : []),
      ...(into && isRecursive ? targets : []),
      ...(CHANGES_TREES.has(program) ? changed : []),
      ...byGit,
    ],
    folders:
      program === 'env'
        ? optionValues(words, CHDIR)
        : program === 'find' && words.some(({ text }) => /^-(?:exec|ok)dir$/.test(text))
          ? [files[0] ?? plainWord('.'), { text: `${files[0]?.text ?? '.'}/${SOMETHING.text}`, mask: HOLE }]
          : GOES_TO.has(program)
            ? [operands[0] ?? folderWithoutName(words)]
            : [],
  };
}
