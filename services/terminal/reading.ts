import { z } from 'zod';

/**
 * What the screen shows the session to be doing. `unknown` when the rules do not agree: nothing is typed then.
 * A reading is a level (what stands there now), never an edge.
 */
const SCREEN_LEVELS = [
  'starting',
  'idle',
  'thinking',
  'responding',
  'toolRunning',
  'confirming',
  'error',
  'slashMenu',
  'trust',
  'dialog',
  'interrupted',
  'compacting',
  'parked',
  'limited',
  'unknown',
] as const;
export const ScreenLevel = z.enum(SCREEN_LEVELS);
export type ScreenLevel = z.infer<typeof ScreenLevel>;

export const DialogOption = z.object({
  /** The number drawn before the label, when there is one. */
  number: z.number().int().optional(),
  label: z.string(),
  highlighted: z.boolean(),
});
export type DialogOption = z.infer<typeof DialogOption>;

/** A dialog as it stands on the screen. Answered by label, never by counting. */
export const DialogReading = z.object({
  kind: z.enum(['permission', 'question', 'plan', 'trust', 'picker', 'signIn', 'limit', 'update', 'unknown']),
  heading: z.string().optional(),
  /** Tool name where the heading or the transcript tells (`Bash`, `Write`, …). */
  tool: z.string().optional(),
  /** The command, file or address that is asked about. */
  argument: z.string().optional(),
  /** What the agent says it is for. */
  description: z.string().optional(),
  /** Claude Code's own remarks on it. */
  notes: z.string().optional(),
  file: z.string().optional(),
  /** New content, or the lines that go and come, as they are drawn. */
  diff: z.string().optional(),
  question: z.string().optional(),
  options: z.array(DialogOption),
  footer: z.string().optional(),
});
export type DialogReading = z.infer<typeof DialogReading>;

export const ComposerReading = z.object({
  /** `absent`: no prompt box on the screen. `ghost`: only dimmed, suggested text. `menu`: a command list is open. */
  kind: z.enum(['absent', 'empty', 'ghost', 'draft', 'menu']),
  /** The text in the box, lines joined by \n, ghost text left out. */
  text: z.string(),
});
export type ComposerReading = z.infer<typeof ComposerReading>;

/** An entry of the agent's list. */
export const Todo = z.object({ text: z.string(), status: z.enum(['done', 'active', 'open']) });
export type Todo = z.infer<typeof Todo>;

/** What stands around a turn. */
export const WorkNotes = z.object({
  /** An attempt failed and will be repeated. */
  retry: z
    .object({
      inSeconds: z.number(),
      attempt: z.number().int().optional(),
      attempts: z.number().int().optional(),
    })
    .optional(),
  /** Words that a person typed during the turn and that wait for its end. */
  queued: z.array(z.string()).optional(),
  /** Background shells or tasks alive. */
  backgroundTasks: z.number().int().optional(),
  /** The agent's list as far as it is drawn; some versions draw only what comes next. */
  todos: z.array(Todo).optional(),
});
export type WorkNotes = z.infer<typeof WorkNotes>;

/** The last tool call on the screen with what it printed, as far as it is shown. */
export const ToolOutputReading = z.object({
  tool: z.string(),
  argument: z.string(),
  output: z.string(),
  /** Lines that Claude Code left out. */
  hiddenLines: z.number().int().optional(),
});
export type ToolOutputReading = z.infer<typeof ToolOutputReading>;

/** One look at one terminal. Produced only when something in it changed. */
export const ScreenReading = z.object({
  /** Count of bytes that the terminal had parsed. */
  sequence: z.number().int(),
  /** Epoch milliseconds when the bytes had been parsed. */
  at: z.number(),
  columns: z.number().int(),
  rows: z.number().int(),
  title: z.string(),
  level: ScreenLevel,
  composer: ComposerReading,
  dialog: DialogReading.optional(),
  /** `manual`, `auto`, `plan`, `acceptEdits`, … as the status bar words it. */
  mode: z.string().optional(),
  /** Words of the spinner line, without its glyph. */
  activity: z.string().optional(),
  /** Text of an API error that stands as the last thing in the transcript. */
  errorText: z.string().optional(),
  /** The words of a usage limit that stand as the last thing in the transcript. */
  limitText: z.string().optional(),
  /** Of an error or a limit: in this version the Stop hook follows it as it follows an answer. */
  stopFollowsError: z.literal(true).optional(),
  /** 0 to 100, when the status bar says how much context is left. */
  contextLeftPercent: z.number().optional(),
  ...WorkNotes.shape,
  toolOutput: ToolOutputReading.optional(),
  /** Names of the rules that decided the level, strongest first. */
  evidence: z.array(z.string()),
});
export type ScreenReading = z.infer<typeof ScreenReading>;
