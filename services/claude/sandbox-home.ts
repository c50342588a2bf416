import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PINNED_CLAUDE_CODE } from './pinned-version.ts';

/** Claude Code remembers an approved key by its last characters. */
const KEY_TAIL = 20;

/**
 * Lays out a HOME in which Claude Code asks nothing at its start: no sign-in, no theme, no key, no trust dialog for the
 * `trusted` folders. Measured on 2.0.60 to 2.1.329. Never point it at a person's own home: `.claude.json` is overwritten.
 */
export function prepareSandboxHome(
  directory: string,
  options: { readonly apiKey: string; readonly trusted: readonly string[]; readonly version?: string },
): void {
  mkdirSync(path.join(directory, '.claude'), { recursive: true, mode: 0o700 });
  const projects = options.trusted.map((cwd) => [
    path.resolve(cwd),
    { hasTrustDialogAccepted: true, projectOnboardingSeenCount: 9, allowedTools: [] },
  ]);
  const state = {
    hasCompletedOnboarding: true,
    lastOnboardingVersion: options.version ?? PINNED_CLAUDE_CODE,
    theme: 'dark',
    customApiKeyResponses: { approved: [options.apiKey.slice(-KEY_TAIL)], rejected: [] },
    projects: Object.fromEntries(projects),
  };
  writeFileSync(path.join(directory, '.claude.json'), JSON.stringify(state, null, 2), { mode: 0o600 });
}
