import type { GitCall } from './git-call.ts';
import type { ShellWord } from './shell-word.ts';

/** Options of git-config(1) that take a word. */
const CONFIG_WITH_VALUE: ReadonlySet<string> = new Set([
  '-f',
  '--file',
  '--blob',
  '--default',
  '--type',
  '--value',
  '--comment',
]);
const READS_CONFIG = /^(?:--get.*|--list|-l)$/;
const WRITES_CONFIG = /^(?:--unset.*|--add|--replace-all|--rename-section|--remove-section|--edit|-e)$/;
const CONFIG_VERBS: ReadonlyMap<string, boolean> = new Map([
  ['list', false],
  ['get', false],
  ['set', true],
  ['unset', true],
  ['edit', true],
  ['rename-section', true],
  ['remove-section', true],
]);

/** Whether `git config` writes: an action that says so, or a name with a value behind it. */
function writesConfig(args: readonly ShellWord[]): boolean {
  const positional: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at]?.text ?? '';
    if (CONFIG_WITH_VALUE.has(word)) at += 1;
    else if (WRITES_CONFIG.test(word)) return true;
    else if (READS_CONFIG.test(word) && positional.length === 0) return false;
    else if (!word.startsWith('-') || positional.length > 0) positional.push(word);
  }
  const verb = positional[0] === undefined ? undefined : CONFIG_VERBS.get(positional[0]);
  return verb ?? positional.length > 1;
}

/** Whether a command changes the configuration of git. */
export function configures({ subcommand, args }: GitCall): boolean {
  if (subcommand.text === 'remote') return args[0]?.text === 'set-url';
  return subcommand.text === 'config' && writesConfig(args);
}
