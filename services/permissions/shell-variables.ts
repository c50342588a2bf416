/** Variables that change how programs talk, not what they run. */
const HARMLESS =
  /^(?:CI|DEBUG|TZ|TERM|LANG|LANGUAGE|LC_\w+|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR\w*|NODE_ENV|RAILS_ENV|RUST_LOG|RUST_BACKTRACE|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PORT|HOST|VERBOSE|LOG_LEVEL)$/;
/** In zsh these are tied to PATH and its like, or are the tables of what names mean (zshparam(1), zshmodules(1)). */
const ZSH =
  /^(?:path|fpath|cdpath|manpath|mailpath|module_path|fignore|psvar|watch|prompt|aliases|galiases|saliases|functions|commands|builtins|options|nameddirs|userdirs|parameters|signals|terminfo|argv|status|pipestatus)$/;
/** Variables whose value some program reads as a command. */
const HOLDS_COMMAND =
  /(?:COMMAND|PAGER|EDITOR|BROWSER|ASKPASS|_SSH|_RSH|_SHELL|_EXEC)$|^(?:VISUAL|SHELL|ENV|PS4|CC|CXX)$/;

/** True when a variable handed to a program leaves it the program that a rule means. */
export function leavesProgramAlone(name: string): boolean {
  return HARMLESS.test(name);
}

/** True when a variable of the shell itself, not handed on, changes nothing that runs: by custom those are in small letters. */
export function leavesShellAlone(name: string): boolean {
  return HARMLESS.test(name) || (/^[a-z_][a-z0-9_]*$/.test(name) && !ZSH.test(name));
}

export function holdsCommand(name: string): boolean {
  return HOLDS_COMMAND.test(name);
}
