import { joined, type ShellWord } from './shell-word.ts';

const INTERPRETER =
  /^(?:python[\d.]*|pypy\d?|node|nodejs|deno|bun|tsx|perl|ruby|php|lua|osascript|tclsh|expect)$/;
const INLINE_CODE = /^-\w*[ceEpr]$|^--(?:eval|print)(?:=|$)|^eval$|^(?:timeit|profile|cProfile|pdb)$/;
/** Names that programs are started by, or files removed by, in the languages above. */
const STARTS_PROGRAMS =
  /\b(?:system|exec\w*|\w*spawn\w*|popen\w*|subprocess|child_process|shutil|rmtree|unlink\w*|rmSync|rmdir\w*|os\.remove\w*|remove(?:dirs|Sync)|import\s+remove|shell\w*)\b|`|%x|\bqx\b/i;
/** `open(F, "x |")` of perl and ruby, and what is said of it on its own: `"-|", "x"`. */
const OPENS_PIPE = /\|\s*["']|["']\s*-?\|/;
/** Programs with a way to start others that is spelled in their arguments. */
const ESCAPES: ReadonlyMap<string, RegExp> = new Map([
  ...['vi', 'vim', 'nvim', 'ex', 'view', 'ed'].map((name): [string, RegExp] => [name, /!|system\(|:\s*w/]),
  ['ssh', /ProxyCommand|LocalCommand|KnownHostsCommand/i],
  ['fc', /./],
  ['gdb', /shell|!|system|python/],
  ['lldb', /shell|system|script/],
  ['less', /(?:^| )\+\S*[!|]/],
  ['sqlite3', /\.(?:shell|system|sh|output|once|import)\b|edit\(|load_extension/],
  ['psql', /\\!|\\copy|\bprogram\s*(?:'|\$|e')/i],
  ['mysql', /\\!|\bsystem\b/],
]);

/** They read commands of their own from standard input. */
const TAKES_COMMANDS = /^(?:ed|ex|vi|vim|nvim|gdb|lldb|sqlite3|psql|mysql)$/;

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
  if (/^(?:perl|ruby)$/.test(program) && inline && /\bopen\b/.test(code) && OPENS_PIPE.test(code))
    return true;
  return ESCAPES.get(program)?.test(TAKES_COMMANDS.test(program) ? code : text) === true;
}
