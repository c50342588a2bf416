import type { ShellWord } from './shell-word.ts';

/** Variables that change how programs talk, not what they run. */
const HARMLESS =
  /^(?:CI|DEBUG|TZ|TERM|LANG|LANGUAGE|LC_\w+|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR\w*|NODE_ENV|RAILS_ENV|RUST_LOG|RUST_BACKTRACE|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PORT|HOST|VERBOSE|LOG_LEVEL)$/;
/** In zsh these are tied to PATH and its like, or are the tables of what names mean (zshparam(1), zshmodules(1)). */
const ZSH =
  /^(?:path|fpath|cdpath|manpath|mailpath|module_path|fignore|psvar|watch|prompt|aliases|galiases|saliases|functions|commands|builtins|options|nameddirs|userdirs|parameters|signals|terminfo|argv|status|pipestatus)$/;
/** Variables whose value some program reads as a command. */
const HOLDS_COMMAND =
  /(?:COMMAND|PAGER|EDITOR|BROWSER|ASKPASS|_EXTERNAL_DIFF|_SSH|_RSH|_SHELL|_EXEC)$|^(?:VISUAL|SHELL|ENV|PS4|CC|CXX)$/;

/** A shell reads the first when it starts, and names of commands mean what the others say. */
const LEADS_ELSEWHERE =
  /^(?:BASH_ENV|BASH_ALIASES|BASH_CMDS)$|^npm_config_(?:script[_-]shell|shell|node[_-]options|editor|git|prefix|userconfig|globalconfig)$/i;
const LEAVES_GIT_ALONE =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)|TERMINAL_PROMPT|OPTIONAL_LOCKS|MERGE_AUTOEDIT|CEILING_DIRECTORIES|LFS_SKIP_SMUDGE|DIR|WORK_TREE|INDEX_FILE|PS1_\w+)$/;
/** By custom in small letters, and handed on all the same. */
const HANDED_ON = /^(?:npm_config_\w+|\w+_proxy)$/;

/** True when a variable handed to a program leaves it the program that a rule means. */
export function leavesProgramAlone(name: string): boolean {
  return HARMLESS.test(name);
}

/** True when a variable of the shell itself, not handed on, changes nothing that runs: by custom those are in small letters. */
export function leavesShellAlone(name: string): boolean {
  return HARMLESS.test(name) || (/^[a-z_][a-z0-9_]*$/.test(name) && !ZSH.test(name) && !HANDED_ON.test(name));
}

function holdsCommand(name: string): boolean {
  return HOLDS_COMMAND.test(name);
}

/** What giving a variable a value comes to. */
export interface ValueRuns {
  /** A command that some program will read out of it; null when none does. */
  readonly script: ShellWord | null;
  /** It makes programs run what is not read here. */
  readonly hidden: boolean;
}

/** `LESSOPEN=…`, `GIT_EXTERNAL_DIFF=…`: a value that is run, or that leads to what is. */
export function valueRuns(name: string, value: ShellWord): ValueRuns {
  const leads = LEADS_ELSEWHERE.test(name) || (/^GIT_/.test(name) && !LEAVES_GIT_ALONE.test(name));
  return holdsCommand(name)
    ? { script: value, hidden: false }
    : {
        script: null,
        hidden: leads && !(/^GIT_TRACE/.test(name) && /^(?:\d|true|false)?$/.test(value.text)),
      };
}
