import { z } from 'zod';

/** A slot's name. Safe as a file name and in a URL; never used unescaped anywhere else. */
export const SlotId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a slot id starts with a letter or digit and has letters, digits, . _ - (64 at most)',
  )
  .brand<'SlotId'>();
export type SlotId = z.infer<typeof SlotId>;

/** A role: what a slot is for, and which permission rules it follows. */
export const Role = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a role starts with a letter or digit and has letters, digits, . _ - (64 at most)',
  )
  .brand<'Role'>();
export type Role = z.infer<typeof Role>;

/** A repository that the team works on. Safe as the name of a folder; with a name behind it, it makes a slot's. */
export const RepositoryName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/,
    'the name of a repository starts with a letter or digit and has letters, digits, . _ - (32 at most)',
  )
  .brand<'RepositoryName'>();
export type RepositoryName = z.infer<typeof RepositoryName>;

export const TaskId = z.uuid().brand<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;

export const DeliveryId = z.uuid().brand<'DeliveryId'>();
export type DeliveryId = z.infer<typeof DeliveryId>;

export const QuestionId = z.uuid().brand<'QuestionId'>();
export type QuestionId = z.infer<typeof QuestionId>;

/** Claude Code's own session id (`--session-id`, `--resume`). */
export const ClaudeSessionId = z.uuid().brand<'ClaudeSessionId'>();
export type ClaudeSessionId = z.infer<typeof ClaudeSessionId>;

/** One run of one program in one pseudo-terminal; signals that carry another epoch are dropped. */
export const Epoch = z.uuid().brand<'Epoch'>();
export type Epoch = z.infer<typeof Epoch>;

/** Tasks that were handed in together, to be gathered together. */
export const SwarmId = z.uuid().brand<'SwarmId'>();
export type SwarmId = z.infer<typeof SwarmId>;

/** A card of the board. */
export const BoardTaskId = z.uuid().brand<'BoardTaskId'>();
export type BoardTaskId = z.infer<typeof BoardTaskId>;

/** Something that the team knows. */
export const KnowledgeId = z.uuid().brand<'KnowledgeId'>();
export type KnowledgeId = z.infer<typeof KnowledgeId>;

/** A piece of work of the memory. */
export const MemoryJobId = z.uuid().brand<'MemoryJobId'>();
export type MemoryJobId = z.infer<typeof MemoryJobId>;

/** A message of one member of the team to another. */
export const MessageId = z.uuid().brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;

/** An agent's name within its repository: with that it is the name of a slot, and behind `work/` that of a branch. */
export const AgentName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|lock$|$)){0,30}$/,
    'an agent name starts with a letter or digit, has letters, digits, . _ - (31 at most), no two dots in a row, and does not end in a dot or .lock',
  )
  .brand<'AgentName'>();
export type AgentName = z.infer<typeof AgentName>;
