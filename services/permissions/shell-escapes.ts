import { joined, type ShellWord } from './shell-word.ts';

const INTERPRETER =
  /^(?:python[\d.]*|pypy\d?|node|nodejs|deno|bun|tsx|perl|ruby|php|lua|osascript|tclsh|expect)$/;
const INLINE_CODE = /^-\w*[ceEpr]$|^--(?:eval|print)$|^eval$/;
/** Names that programs are started by, or files removed by, in the languages above. */
const STARTS_PROGRAMS =
  /\b(?:system|exec\w*|spawn\w*|popen\w*|subprocess|child_process|shutil|rmtree|unlink\w*|rmSync|rmdir\w*|remove\w*|shell\w*)\b|`|%x|\bqx\b/i;
/** Programs with a way to start others that is spelled in their arguments. */
const ESCAPES: ReadonlyMap<string, RegExp> = new Map([
  ['tar', /--checkpoint-action|--to-command|--use-compress-program|(?:^| )-I/],
  ['rsync', /(?:^| )(?:-e|--rsh)/],
  ...['vi', 'vim', 'nvim', 'ex', 'view', 'ed'].map((name): [string, RegExp] => [name, /!|system\(|:\s*w/]),
  ...['awk', 'gawk', 'mawk', 'nawk'].map((name): [string, RegExp] => [name, /system|getline|\|/]),
  ['sed', /(?:^|[\s;{}\d$/'])e(?:\s|$)|\/[gpiIm0-9]*e[gpiIm0-9]*(?:$|[\s;}'])/],
  [
    'git',
    /(?:^| )(?:--config-env|--exec-path=|--upload-pack|--receive-pack|filter-branch|-O\S|--open-files-in-pager|ext::)/,
  ],
  ['start-stop-daemon', /(?:^| )(?:-x|-a|--exec|--startas)/],
  ['ssh', /ProxyCommand|LocalCommand|KnownHostsCommand/i],
  ['fc', /./],
  ['gdb', /shell|!|system|python/],
  ['lldb', /shell|system|script/],
  ['less', /(?:^| )\+\S*[!|]/],
  ['man', /(?:^| )(?:-P|--pager|-H|--html)/],
  ['npm', /--script-shell|--node-options/],
  ['make', /(?:^| )(?:-f ?-(?:\s|$)|-f ?\/dev\/|--eval|SHELL=|\.SHELLFLAGS=)/],
  ['sqlite3', /\.(?:shell|system|sh|output|once|import)\b|edit\(|load_extension/],
  ['psql', /\\!|\\copy|\bprogram\b/i],
  ['mysql', /\\!|\bsystem\b/],
  ['zip', /(?:^| )(?:-TT|--unzip-command)/],
]);

/** They read commands of their own from standard input. */
const TAKES_COMMANDS = /^(?:ed|ex|vi|vim|nvim|gdb|lldb|sqlite3|psql|mysql)$/;

/** Keys of git that say how it looks, not what it runs. */
const HARMLESS_KEY =
  /^(?:user\.(?:name|email)|color\.|advice\.|log\.|pull\.|rebase\.|commit\.gpgsign|init\.defaultbranch|protocol\.version|http\.(?:version|postbuffer)|diff\.(?:algorithm|renames|noprefix)|core\.(?:quotepath|autocrlf|eol|abbrev))|^core\.pager=(?:cat|less)?$/i;

/** `git -c KEY=VALUE`: many keys name a program. */
function givesGitAProgram(args: readonly ShellWord[]): boolean {
  const end = args.findIndex(
    ({ text }, at) => !text.startsWith('-') && !/^-[cC]$/.test(args[at - 1]?.text ?? ''),
  );
  return args
    .slice(0, end < 0 ? undefined : end)
    .some(({ text }, at, own) => text === '-c' && !HARMLESS_KEY.test(own[at + 1]?.text ?? ''));
}

export const isInterpreter = (program: string): boolean => INTERPRETER.test(program);

/**
 * True when the arguments of a program tell it to run something that is not read here.
 * @param stdin what it reads, as far as that is known
 */
export function escapes(program: string, words: readonly ShellWord[], stdin: ShellWord | null): boolean {
  const args = words.slice(1);
  const { text } = joined(args);
  const code = `${text}\n${stdin?.text ?? ''}`;
  const inline = args.some((word) => INLINE_CODE.test(word.text)) || stdin !== null;
  if (INTERPRETER.test(program) && inline && STARTS_PROGRAMS.test(code)) return true;
  if (program === 'git' && givesGitAProgram(args)) return true;
  return ESCAPES.get(program)?.test(TAKES_COMMANDS.test(program) ? code : text) === true;
}
