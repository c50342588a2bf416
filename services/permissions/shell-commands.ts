import { readShell, type SimpleCommand } from './shell-words.ts';

/** Programs that run the command that follows them, with the options that take a value. */
const WRAPPERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['sudo', ['-u', '-g', '-h', '-p', '-C', '-T']],
  ['doas', ['-u', '-C']],
  ['env', ['-u', '-C', '-S']],
  ['nice', ['-n']],
  ['ionice', ['-c', '-n']],
  ['time', ['-f', '-o']],
  ['timeout', ['-s', '-k']],
  ['exec', ['-a']],
  ['stdbuf', ['-i', '-o', '-e']],
  ['xargs', ['-I', '-n', '-P', '-L', '-d', '-s', '-a', '-E']],
  ...['nohup', 'command', 'builtin', 'setsid', 'then', 'do', 'else', 'if', 'while', 'until', '!'].map(
    (name): [string, readonly string[]] => [name, []],
  ),
]);
const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish']);
/** A wrapper in a wrapper in a wrapper: deeper is somebody hiding something. */
const DEEPEST = 8;

export interface FoundCommand {
  /** Words joined by single spaces. */
  readonly text: string;
  readonly words: readonly string[];
}

export interface FoundCommands {
  readonly commands: readonly FoundCommand[];
  /** False when a command may run that is not among them. */
  readonly complete: boolean;
}

function programOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

/** What a wrapper runs: the words after its options, assignments and (for timeout) its duration. */
function unwrap(words: readonly string[]): readonly string[] {
  const program = programOf(words[0] ?? '');
  const valued = WRAPPERS.get(program) ?? [];
  let at = 1;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (valued.includes(word)) at += 2;
    else if (word.startsWith('-') || /^[A-Za-z_]\w*=/.test(word)) at += 1;
    else break;
  }
  if (program === 'timeout') at += 1;
  return words.slice(at);
}

function collect(text: string, depth: number, found: FoundCommand[]): boolean {
  if (depth > DEEPEST) return false;
  const reading = readShell(text);
  let complete = reading.readable;
  for (const nested of reading.nested) complete = collect(nested, depth + 1, found) && complete;
  for (const command of reading.commands) complete = collectCommand(command, depth, found) && complete;
  return complete;
}

function collectCommand({ words }: SimpleCommand, depth: number, found: FoundCommand[]): boolean {
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  // Assignments alone run nothing, but PATH, LD_PRELOAD and the like change what runs.
  if (start < 0) return depth === 0 && words.length > 0;
  const plain = words.slice(start);
  found.push({ words: plain, text: plain.join(' ') });
  const first = plain[0] ?? '';
  const program = programOf(first);
  if (first.includes('$') || /[*?[]/.test(first) || depth > DEEPEST) return false;
  let complete = start === 0;
  if (WRAPPERS.has(program)) {
    const inner = unwrap(plain);
    if (inner.length > 0) complete = collectCommand({ words: inner }, depth + 1, found) && complete;
    // What xargs appends is not known.
    return program === 'xargs' || program === 'env' ? false : complete;
  }
  if (SHELLS.has(program)) {
    const flag = plain.findIndex((word, index) => index > 0 && /^-\w*c$/.test(word));
    const script = plain[flag + 1];
    return flag > 0 && script !== undefined
      ? collect(script, depth + 1, found) && complete
      : plain.length === 2 && /^--?version$/.test(plain[1] ?? '');
  }
  if (program === 'eval') return collect(plain.slice(1).join(' '), depth + 1, found) && false;
  if (program === 'source' || program === '.') return false;
  if (program === 'find') {
    for (const [index, word] of plain.entries()) {
      if (!/^-(?:exec|execdir|ok|okdir)$/.test(word)) continue;
      complete = collectCommand({ words: plain.slice(index + 1) }, depth + 1, found) && complete;
    }
  }
  return complete;
}

/**
 * Every simple command that a shell text runs, seen through wrappers, substitutions and nested shells.
 * `complete` is false when one may be missing: then nothing may be allowed by what was found.
 */
export function findCommands(text: string): FoundCommands {
  const commands: FoundCommand[] = [];
  const complete = collect(text, 0, commands);
  return { commands, complete };
}
