import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How Claude Code remembers that a key was approved: its last 20 characters. */
const REMEMBERED_OF_A_KEY = 20;

/**
 * A HOME in which Claude Code starts without sign-in, theme choice or trust dialog.
 * For the demonstration and the tests; a person's own HOME is never prepared.
 */
export function prepareSandboxHome(directory: string, options: { readonly apiKey: string; readonly trusted: readonly string[] }): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const configuration = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [options.apiKey.slice(-REMEMBERED_OF_A_KEY)], rejected: [] },
    projects: Object.fromEntries(
      options.trusted.map((folder) => [folder, { hasTrustDialogAccepted: true, projectOnboardingSeenCount: 9, allowedTools: [] }]),
    ),
  };
  writeFileSync(path.join(directory, '.claude.json'), JSON.stringify(configuration), { mode: 0o600 });
}
