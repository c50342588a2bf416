import { statSync } from 'node:fs';
import { z } from 'zod';
import { Role, SlotId } from '../../db/ids.ts';
import { KnowledgeSettingsSchema } from '../knowledge/tiers.ts';
import { MemorySettingsSchema } from '../memory/settings.ts';
import type { RoleRules } from '../permissions/role-rules.ts';
import { BudgetsSchema } from './budgets.ts';
import { ConfirmWithin, confirmWithinOf } from './confirm-within.ts';
import { ContextSchema, contextOf } from './context.ts';
import { ConversationsSchema } from './conversations.ts';
import { expandedPath } from './expanded-path.ts';
import { ListenSchema } from './listen.ts';
import { NoticeHook } from './notice-hooks.ts';
import { GatesSchema, ProtectSchema } from './protect.ts';
import { maxQueued, rolesSchema } from './queue-limits.ts';
import { StuckSchema, stuckOf } from './stuck.ts';
import { readYamlFile } from './yaml-file.ts';

function isFolder(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

const Slot = z.strictObject({
  id: SlotId,
  role: Role,
  description: z.string().default(''),
  /** Without one the agent works where the daemon was started. */
  cwd: z
    .string()
    .default(() => process.cwd())
    .transform(expandedPath)
    .refine(isFolder, { error: ({ input }) => `the folder ${String(input)} does not exist` }),
  mcpConfig: z.string().transform(expandedPath).optional(),
  /** The agent gets the tools of missiond that are its own or that a rule allows. */
  mcp: z.boolean().default(false),
  autoStart: z.boolean().default(false),
  dangerouslySkipPermissions: z.boolean().default(false),
  /** What it can do that others of its role cannot: tasks may require it. */
  traits: z
    .array(z.string().regex(/^[\w.:-]{1,64}$/, 'a trait has letters, digits, . _ : - (64 at most)'))
    .default([]),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name of a variable'),
      z.string({ error: ({ input }) => `a value must be text: write "${String(input)}" in quotes` }),
    )
    .default({}),
  model: z.string().optional(),
  effort: z.string().optional(),
  permissionMode: z
    .enum(['manual', 'default', 'acceptEdits', 'plan', 'auto', 'dontAsk', 'bypassPermissions'])
    .optional(),
  /** Only a path is expanded; a bare name is looked up on PATH. */
  command: z
    .string()
    .transform((command) => (command.startsWith('~') ? expandedPath(command) : command))
    .optional(),
  args: z.array(z.string()).default([]),
  trustCwd: z.boolean().default(false),
  appendSystemPrompt: z.string().optional(),
  /** Instead of what `stuck` says for all. */
  stuck: StuckSchema.default({}),
  context: ContextSchema.default({}),
  confirmWithinMinutes: ConfirmWithin.optional(),
  /** It is reminded of work that waits for it when it has rested so long. */
  nudge: z.strictObject({ afterMinutes: z.number().positive().max(10_080) }).nullish(),
});

/** What slots of agents are started with, that are made while the daemon runs; the rest is their role's and their worktree's. */
const AgentsSchema = Slot.omit({
  id: true,
  role: true,
  description: true,
  cwd: true,
  autoStart: true,
}).extend({
  /** They tell of their work through the tools of missiond. */
  mcp: z.boolean().default(true),
});

const SlotsSchema = z
  .strictObject({
    // A list whose entries are all commented out is null.
    slots: z
      .array(Slot)
      .nullish()
      .transform((slots) => slots ?? []),
    /** Run with the path of a `${secret:path}` as its last argument; prints the secret. */
    secretCommand: z.array(z.string()).min(1).optional(),
    /** What agents are started with that are made for a repository. */
    agents: AgentsSchema.prefault({}),
    /** Caps on money and tokens. */
    budgets: BudgetsSchema.prefault({}),
    stuck: StuckSchema.default({}),
    /** What is read of what Claude Code writes down. */
    conversations: ConversationsSchema.prefault({}),
    maxQueued,
    roles: rolesSchema,
    /** What agents change only when a person agrees. */
    protect: ProtectSchema.prefault({}),
    /** How long what is known is kept. */
    knowledge: KnowledgeSettingsSchema.prefault({}),
    /** What is learnt from conversations by itself. */
    memory: MemorySettingsSchema.prefault({}),
    context: ContextSchema.default({}),
    listen: ListenSchema.prefault({}),
    /** After so many minutes a question that nobody has answered is denied. */
    confirmWithinMinutes: ConfirmWithin.optional(),
    /** Whom to tell of what. */
    hooks: z
      .array(NoticeHook)
      .nullish()
      .transform((hooks) => hooks ?? []),
  })
  .superRefine(({ slots }, context) => {
    for (const [index, { id }] of slots.entries()) {
      if (slots.findIndex((other) => other.id === id) !== index) {
        context.addIssue({
          code: 'custom',
          path: ['slots', index, 'id'],
          message: `the id "${id}" is used twice`,
        });
      }
    }
  })
  .transform(({ stuck, context, confirmWithinMinutes, slots, agents, ...file }) => ({
    ...file,
    agents: {
      ...agents,
      stuck: stuckOf(agents.stuck, stuck),
      context: contextOf(agents.context, context),
      confirmWithinMinutes: confirmWithinOf(agents.confirmWithinMinutes, confirmWithinMinutes),
    },
    slots: slots.map((slot) => ({
      ...slot,
      stuck: stuckOf(slot.stuck, stuck),
      context: contextOf(slot.context, context),
      confirmWithinMinutes: confirmWithinOf(slot.confirmWithinMinutes, confirmWithinMinutes),
    })),
  }));
export type SlotsFile = z.output<typeof SlotsSchema>;
/** What Claude Code is started with in a slot. */
export interface SlotConfig extends Omit<SlotsFile['slots'][number], 'cwd'> {
  readonly cwd: string;
  /** What the definition of its role says, of an agent. */
  readonly definition?: RoleRules;
  /** The folder whose trust its own is given as well: its worktree holds what that holds. */
  readonly trustedAs?: string;
  /** What its programs are told beside `env`, which stands over it: no secrets. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Every start goes on with the conversation that it had. */
  readonly resumes?: boolean;
}

/**
 * Reads slots.yaml. Keys are missiond's, in camelCase; `~` in folders is expanded.
 * @throws MissionError `config_invalid` with line and column of every problem
 */
export function loadSlots(file: string): SlotsFile {
  return readYamlFile(file, SlotsSchema, {
    code: 'config_invalid',
    knownKeys: [
      'slots',
      'secretCommand',
      'agents',
      'budgets',
      'hooks',
      'maxQueued',
      'roles',
      'protect',
      'gates',
      'conversations',
      ...Object.keys(ConversationsSchema.shape),
      'knowledge',
      'tiers',
      'memory',
      ...Object.keys(MemorySettingsSchema.shape),
      'listen',
      'tls',
      ...Object.keys(ListenSchema.shape),
      ...Object.keys(GatesSchema.shape),
      ...Object.keys(ProtectSchema.shape),
      ...Object.keys(Slot.shape),
      ...Object.keys(BudgetsSchema.shape),
      ...Object.keys(StuckSchema.shape),
      ...Object.keys(ContextSchema.shape),
      ...Object.keys(NoticeHook.shape),
    ],
  });
}
