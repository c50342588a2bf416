import { gitCall } from './git-call.ts';
import { type Options, optionsIn, optionValues } from './option-reader.ts';
import { HOLE, joined, type ShellWord } from './shell-word.ts';

/** What git runs besides itself. */
export interface GitRuns {
  readonly commands: readonly (readonly ShellWord[])[];
  readonly scripts: readonly ShellWord[];
  readonly hidden: boolean;
}

const UPLOADS: Options = { names: ['--upload-pack', '--receive-pack', '--exec'], valued: 'ojsm' };
/** Options whose value a shell reads, by subcommand (git's own manual pages). */
const COMMANDS: ReadonlyMap<string, Options> = new Map([
  ['difftool', { names: ['-x', '--extcmd'], valued: 't' }],
  ['rebase', { names: ['-x', '--exec'], valued: 'sXCS' }],
  ['grep', { names: ['-O', '--open-files-in-pager'], valued: 'eABCmf', glued: true }],
  ['clone', { names: ['-u', '--upload-pack'], valued: 'bcoj' }],
  ['fetch', UPLOADS],
  ['pull', UPLOADS],
  ['push', UPLOADS],
  ['ls-remote', UPLOADS],
  ['archive', UPLOADS],
  ['fetch-pack', UPLOADS],
  ['send-pack', UPLOADS],
  [
    'send-email',
    {
      names: ['--sendmail-cmd', '--to-cmd', '--cc-cmd', '--header-cmd', '--smtp-server'],
      others: ['--to', '--cc'],
    },
  ],
]);
const CLONE_CONFIG: Options = { names: ['-c', '--config'], valued: 'buoj' };
/** Hooks come with it. */
const TEMPLATE: Options = { names: ['--template'], valued: 'bcuoj' };
const BROUGHT_BY_TEMPLATE: ReadonlySet<string> = new Set(['clone', 'init']);

/** Keys of git that say how it looks, not what it runs. */
const HARMLESS_KEY =
  /^(?:user\.(?:name|email)|color\.|advice\.|log\.|pull\.|rebase\.|commit\.gpgsign|init\.defaultbranch|protocol\.version|http\.(?:version|postbuffer)|diff\.(?:algorithm|renames|noprefix)|core\.(?:quotepath|autocrlf|eol|abbrev))|^core\.pager=(?:cat|less)?$|^(?:core|sequence)\.editor=(?:true|:|cat)$/i;
/** Keys whose value git runs, or reads more of its configuration from. */
const PROGRAM_KEY =
  /^(?:alias\..*|pager\..*|include(?:if)?\..*|credential\..*|sendemail\..*|url\..*|protocol\.(?:.*\.)?allow|core\.(?:pager|editor|sshcommand|fsmonitor|hookspath|askpass|gitproxy|alternaterefscommand)|sequence\.editor|diff\.external|init\.templatedir|interactive\.difffilter|uploadpack\.packobjectshook|.*\.(?:textconv|command|cmd|driver|process|clean|smudge|program|uploadpack|receivepack|vcs|helper|update|path))$/i;

/** `git -c KEY=VALUE`: many keys name a program. */
const configures = ({ text, mask }: ShellWord): boolean => mask.includes(HOLE) || !HARMLESS_KEY.test(text);

/** `git config KEY VALUE` of a key that names a program. */
function namesProgram(args: readonly ShellWord[]): boolean {
  const words = args.filter(({ text }) => !text.startsWith('-'));
  const at = words.findIndex(({ text, mask }) => mask.startsWith(HOLE) || PROGRAM_KEY.test(text));
  const unsets = args.some(({ text }) => /^(?:--unset|--get|--list|unset|get|list)/.test(text));
  return at >= 0 && at + 1 < words.length && !unsets;
}

/** What a call of git runs because of its options, its configuration or its subcommand. */
export function runByGit(words: readonly ShellWord[]): GitRuns {
  const call = gitCall(words);
  const all = words.slice(1);
  const args = call?.args ?? [];
  const before = all.slice(0, all.length - args.length);
  const subcommand = call?.subcommand.text ?? '';
  const options = COMMANDS.get(subcommand);
  const given = before.filter((_, at) => before[at - 1]?.text === '-c');
  const cloned = subcommand === 'clone' ? optionValues(args, CLONE_CONFIG) : [];
  const hidden =
    [...given, ...cloned].some(configures) ||
    before.some(({ text }) => /^--(?:config-env|exec-path=)/.test(text)) ||
    all.some(({ text }) => text.includes('ext::')) ||
    subcommand === 'filter-branch' ||
    (subcommand === 'config' && namesProgram(args)) ||
    (BROUGHT_BY_TEMPLATE.has(subcommand) && optionsIn(args, TEMPLATE).length > 0);
  const scripts = options === undefined ? [] : optionValues(args, options);
  if (subcommand === 'bisect' && args[0]?.text === 'run')
    return { commands: [args.slice(1)], scripts, hidden };
  const foreach = subcommand === 'submodule' ? args.findIndex(({ text }) => text === 'foreach') : -1;
  const each = args.slice(foreach + 1).filter(({ text }) => text !== '--recursive');
  return { commands: [], scripts: foreach < 0 ? scripts : [joined(each)], hidden };
}
