import { z } from 'zod';
import type { RoleDefinition, WaitingDefinition } from '../../services/roles/resolve-roles.ts';

const patterns = z.array(z.string());

export const RoleView = z.object({
  name: z.string(),
  description: z.string(),
  source: z
    .enum(['package', 'home', 'repository', 'claude'])
    .describe('`claude`: a definition of a subagent of Claude Code in the repository.'),
  file: z.string(),
  tools: z.array(z.string()).optional().describe('All when it is left out.'),
  model: z.string().optional(),
  nudgeAfterMinutes: z.number().optional().describe('Never when it is left out.'),
  persistence: z.enum(['persistent', 'ephemeral']),
  worktree: z.boolean(),
  creates: z.array(z.string()).describe('Of which roles its agents make others.'),
  permissions: z.object({ allow: patterns, confirm: patterns, deny: patterns }),
  waitsForTrust: z
    .array(z.string())
    .optional()
    .describe('What its repository wants for it beyond what it has, until a person trusts the file.'),
});
export type RoleView = z.infer<typeof RoleView>;

export const WaitingView = z.object({
  name: z.string(),
  file: z.string(),
  digest: z.string(),
  wants: z.array(z.string()),
});
export type WaitingView = z.infer<typeof WaitingView>;

export function roleView({
  name,
  description,
  source,
  file,
  tools,
  model,
  nudge,
  persistence,
  worktree,
  creates,
  permissions: { allow, confirm, deny },
  waitsForTrust,
}: RoleDefinition): RoleView {
  return {
    name,
    description,
    source,
    file,
    ...(tools === undefined ? {} : { tools: [...tools] }),
    ...(model === undefined ? {} : { model }),
    ...(nudge === null ? {} : { nudgeAfterMinutes: nudge.afterMinutes }),
    persistence,
    worktree,
    creates: [...creates],
    permissions: { allow: [...allow], confirm: [...confirm], deny: [...deny] },
    ...(waitsForTrust.length === 0 ? {} : { waitsForTrust: [...waitsForTrust] }),
  };
}

export const waitingView = ({ name, file, digest, wants }: WaitingDefinition): WaitingView => ({
  name,
  file,
  digest,
  wants: [...wants],
});
