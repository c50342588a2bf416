import { type CommandPattern, commandPattern } from './command-pattern.ts';
import { exactArgument } from './exact-rule.ts';
import { globMatcher } from './glob.ts';
import { mayMean } from './path-doubt.ts';
import { type PathPattern, pathPattern } from './path-pattern.ts';

/** What stands in the brackets of a pattern, read in whatever way the tool of a call wants, and once. */
export interface PatternArgument {
  readonly text: string;
  /** The very argument that is meant, where the pattern begins with `=`. */
  readonly exact: string | null;
  /** `*` stands for anything. */
  readonly glob: (text: string) => boolean;
  readonly command: CommandPattern;
  readonly path: PathPattern;
  readonly mayMean: ReturnType<typeof mayMean>;
  /** `domain:docs.example.com`, or an address. */
  readonly domain: { readonly name: string; readonly glob: (host: string) => boolean };
}

export function patternArgument(text: string): PatternArgument {
  let glob: PatternArgument['glob'] | undefined;
  let command: CommandPattern | undefined;
  let path: PathPattern | undefined;
  let doubt: PatternArgument['mayMean'] | undefined;
  let domain: PatternArgument['domain'] | undefined;
  return {
    text,
    exact: exactArgument(text),
    get glob() {
      glob ??= globMatcher(text);
      return glob;
    },
    get command() {
      command ??= commandPattern(text);
      return command;
    },
    get path() {
      path ??= pathPattern(text);
      return path;
    },
    get mayMean() {
      doubt ??= mayMean(text);
      return doubt;
    },
    get domain() {
      if (domain !== undefined) return domain;
      const name = text.replace(/^domain:/, '').toLowerCase();
      domain = { name, glob: globMatcher(name) };
      return domain;
    },
  };
}
