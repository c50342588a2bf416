import { plainWord, programOf, type ShellWord } from './shell-word.ts';
import { WRAPPERS } from './wrapper-options.ts';

const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** They look at names, sizes and times, or at nothing: no word of theirs is a file that they open. */
const LOOKS_AT_NAMES = names(`
  ls stat test [ du df echo printf mkdir rmdir rm unlink touch chmod chown cd pushd popd pwd basename dirname realpath
  readlink which type whatis apropos man kill pkill pgrep ps sleep wait true false : export declare typeset local readonly
  set unset shift read eval trap alias unalias exit return break continue jobs fg bg hash ulimit umask getopts let shopt
  uname id whoami hostname seq nproc env find fd fdfind missiond`);
/** They show, compare or check what is in files, and change none that is named to them. */
const LEAVES_ALONE = names(`
  date cat tac head tail less more bat nl od xxd hexdump hd strings base64 base32 md5sum sha1sum sha256sum sha512sum b2sum cksum sum
  sort cut tr paste join grep egrep fgrep rg ag ack zgrep diff sdiff cmp comm wc file rev fold shuf pr expand unexpand
  column look zcat bzcat xzcat zless jq tree ptx cpp source . fmt ul
  actionlint yamllint shellcheck hadolint zizmor check-jsonschema ajv markdownlint cspell typos tsc mypy pyright flake8 pylint
  vitest jest mocha pytest ctest act tox rspec
  docker docker-compose podman kubectl helm terraform gh glab make cmake npm pnpm yarn bun cargo go pip pip3 uv poetry mvn
  gradle gradlew dotnet bundle node nodejs deno tsx python python3 bash sh zsh dash ssh-keygen ssh-add openssl gpg curl wget code`);
/** With one of these they write back what they have checked. */
const FIXES =
  /^--?(?:fix\S*|write|w|i|in-place|inplace|overwrite|a|A|auto-?correct\S*)$|^--fix=|^(?:format|fmt)$/;
/** What they change is known word by word. */
const KNOWN_WRITERS = names('cp mv ln install rsync scp tee dd truncate shred sed gsed tar zip unzip');
/** They only check, unless they are told to fix. */
const CHECKERS = names(
  'eslint prettier ruff black isort rubocop stylelint biome gofmt rustfmt clang-format shfmt dprint yq',
);
/** Some of those change files unless they are told to check. */
const CHECKS = /^(?:--check|--list-different|--diff|--dry-run)$/;
const CHANGES_BY_DEFAULT = names('black isort rustfmt');
/** Their words are names of what they do more often than of files. */
const HAS_SUBCOMMANDS = names(`
  git gh glab npm pnpm yarn bun npx cargo go docker docker-compose podman kubectl helm terraform make cmake pip pip3 uv poetry
  mvn gradle gradlew dotnet bundle apt apt-get brew systemctl service missiond tmux screen aws gcloud az`);
/** They read a language of their own, in which files are named in the midst of a text. */
const READS_CODE =
  /^(?:python[\d.]*|pypy\d?|node|nodejs|deno|bun|tsx|perl|ruby|php|lua|[gmn]?awk|ed|ex|vi|vim|nvim|sqlite3|patch|osascript|expect|tclsh|Rscript|julia)$/;

/** A program of ordinary length names fewer. */
const MOST_IN_CODE = 1_000;

/** What a program does with what its words name, as far as that is known of the program. */
export interface FileRole {
  readonly opens: boolean;
  /** It may write to what is named to it. */
  readonly mayChange: boolean;
  /** A word without a dot or a slash is hardly a file. */
  readonly hasSubcommands: boolean;
  readonly readsCode: boolean;
}

function leavesAlone(program: string, texts: readonly string[]): boolean {
  if (program === 'git' || KNOWN_WRITERS.has(program)) return true;
  if (!CHECKERS.has(program)) return LEAVES_ALONE.has(program);
  if (texts.some((text) => CHECKS.test(text))) return true;
  return !CHANGES_BY_DEFAULT.has(program) && !texts.some((text) => FIXES.test(text));
}

/** Words in which a file may be named: of an option what is glued to it, of `a=b` and `a@b` what stands behind the sign. */
function partsOf(word: ShellWord): readonly ShellWord[] {
  const starts = [/^-[^-]/, /^[^=]*=/, /^[^@]*@/, /^[^=]*=[@<]/, /^file:\/\//i].flatMap((beginning) => {
    const length = beginning.exec(word.text)?.[0].length ?? 0;
    return length > 0 && word.mask.startsWith(word.text.slice(0, length)) ? [length] : [];
  });
  const whole = word.text.startsWith('-') ? [] : [0];
  return [...whole, ...starts].map((start) => ({
    text: word.text.slice(start).replace(/^"(.*)"$/s, '$1'),
    mask: word.mask.slice(start).replace(/^"(.*)"$/s, '$1'),
  }));
}

/** A name without anything that only files have. */
export const isBare = (text: string): boolean => !/[./~]/.test(text);

/** Every word of a command that may be a file. */
export function wordsThatMayBeFiles(
  words: readonly ShellWord[],
  { hasSubcommands }: FileRole,
): readonly ShellWord[] {
  return words
    .slice(1)
    .flatMap(partsOf)
    .filter(({ text }) => text !== '' && !/\s/.test(text) && !(hasSubcommands && isBare(text)));
}

/** What may be a file in the midst of a text: it has a dot or a slash. A patch writes `a/` and `b/` before names. */
export function filesInCode(words: readonly ShellWord[]): readonly ShellWord[] {
  const texts = words.map(({ text }) => text).filter((text) => /[\s"'()<>|;]/.test(text));
  const found = texts.flatMap((text) => text.match(/[\w~@+-]*(?:[./][\w@+-]+)+/g) ?? []);
  if (found.length > MOST_IN_CODE) throw new RangeError('The command holds more names than are looked up.');
  return found.flatMap((name) => [name, ...(/^[ab]\//.test(name) ? [name.slice(2)] : [])]).map(plainWord);
}

/** `npx prettier a`, `pnpm exec prettier a`: what those run does what it does. */
export function withoutRunner(words: readonly ShellWord[]): readonly ShellWord[] {
  const line = words.slice(0, 2).map(programOf).join(' ');
  const runs = /^(?:npx|bunx|pnpx)\b/.test(line)
    ? 1
    : /^(?:npm|pnpm|yarn|bun) (?:exec|dlx|x)$/.test(line)
      ? 2
      : 0;
  const start = words.findIndex(({ text }, at) => at >= runs && !text.startsWith('-'));
  return runs === 0 || start < 0 ? words : words.slice(start);
}

export function roleOf(words: readonly ShellWord[]): FileRole {
  const program = programOf(words[0]);
  const readsCode =
    READS_CODE.test(program) || (program === 'git' && words.some(({ text }) => text === 'apply'));
  // What a wrapper names is named once more by what it runs.
  const opens = !LOOKS_AT_NAMES.has(program) && !WRAPPERS.has(program);
  return {
    opens,
    mayChange:
      opens &&
      !leavesAlone(
        program,
        words.map(({ text }) => text),
      ),
    hasSubcommands: HAS_SUBCOMMANDS.has(program),
    readsCode,
  };
}
