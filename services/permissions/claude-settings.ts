import { splitPattern } from './decide.ts';
import type { Policy } from './policy.ts';

export interface ClaudePermissions {
  readonly allow: readonly string[];
  readonly ask: readonly string[];
  readonly deny: readonly string[];
}

/** Every wording of a restriction that Claude Code understands: better one too many than a hole. */
function restricting(rule: string): readonly string[] {
  const { tool, argument } = splitPattern(rule);
  if (tool === '*') return [];
  if (argument === null || argument === '*') return [tool];
  if (tool === 'Bash') {
    const prefix = argument.replace(/(?::\*|\s*\*)$/, '');
    if (prefix === argument) return [`Bash(${argument})`];
    return [...new Set([`Bash(${prefix}:*)`, `Bash(${prefix}*)`, `Bash(${prefix} *)`, `Bash(${prefix})`])];
  }
  if (tool === 'WebFetch') return [`WebFetch(domain:${argument.replace(/^domain:/, '')})`];
  return [`${tool}(${argument})`];
}

/** Only what can be said exactly; the rest is decided by the hook, or asked while the daemon is away. */
function allowing(rule: string): readonly string[] {
  const { tool, argument } = splitPattern(rule);
  if (tool === '*') return [];
  if (argument === null || argument === '*') return tool === 'Bash' ? [] : [tool];
  return [];
}

/**
 * The rules of a slot in Claude Code's own settings (https://code.claude.com/docs/en/settings, `permissions`), so that a
 * denial holds while no daemon answers its hooks. Deny is meant wide, allow narrow.
 */
export function compileToClaudeSettings(
  policy: Policy,
  { role, slotId }: { readonly role: string; readonly slotId: string },
): ClaudePermissions {
  const scopes = [policy.slots[slotId], policy.roles[role], policy.default];
  const all = (kind: 'allow' | 'confirm' | 'deny') => scopes.flatMap((scope) => scope?.[kind] ?? []);
  const unique = (rules: readonly string[]) => [...new Set(rules)];
  return {
    allow: unique(all('allow').flatMap(allowing)),
    ask: unique(all('confirm').flatMap(restricting)),
    deny: unique(all('deny').flatMap(restricting)),
  };
}
