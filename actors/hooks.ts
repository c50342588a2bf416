import type { Epoch, SlotId } from '../db/ids.ts';
import { addContext, type HookBody, type HookReply, parseHookBody } from '../services/claude/hook-body.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { MissionCore } from './core.ts';
import type { Guardrails } from './guardrails.ts';
import { edgeOf } from './hook-edge.ts';
import type { GivenTo, KnowledgeGiving } from './knowledge/give-knowledge.ts';
import type { Mail } from './messages/mail.ts';
import type { Progress } from './progress.ts';
import type { OverlapWatch } from './repositories/overlap-watch.ts';
import type { SessionReports } from './session-reports.ts';
import { sessionIdOf } from './slot-view.ts';
import type { StuckWatch } from './stuck/stuck-watch.ts';
import type { Turns } from './turns.ts';
import type { Verdict, Verdicts } from './verdicts.ts';

export interface HooksDependencies {
  readonly core: MissionCore;
  readonly turns: Turns;
  readonly reports: SessionReports;
  readonly progress: Progress;
  readonly stuck: Pick<StuckWatch, 'hookHeard'>;
  readonly guardrails: Guardrails;
  /** What sessions are given of what the team knows. */
  readonly give: KnowledgeGiving;
  /** What others have written to the agent. */
  readonly mail: Pick<Mail, 'afterTool'>;
  /** Which files agents are about to change. */
  readonly overlaps: Pick<OverlapWatch, 'toolBegan' | 'hookHeard'>;
  readonly verdicts: Verdicts;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
  /** Whether a file is a transcript of the Claude Code that keeps its own files in this folder. */
  readonly isOwnTranscript: (file: string, configDirectory: string | null) => boolean;
  /** Writes in the next transaction, and again when that fails: a verdict never waits for the disk. */
  readonly writeLater: (write: () => void) => void;
}

/** What is said of a hook that names another file: what stands there is read as what the agent has said and done. */
const NOT_A_TRANSCRIPT: Verdict = {
  decision: 'deny',
  rule: 'not a transcript of Claude Code',
  argument: '',
  perhapsDenied: false,
  personOnly: false,
};

/** Not to answer these lets Claude Code decide alone. */
const ASKS_FOR_A_VERDICT: ReadonlySet<string> = new Set(['PreToolUse', 'PermissionRequest']);

/** Takes in the hooks of Claude Code: edges for the statechart, prompts and answers for tasks, verdicts for tools. */
export function createHooks({
  core,
  turns,
  reports,
  progress,
  stuck,
  guardrails,
  give,
  mail,
  overlaps,
  verdicts,
  redact,
  isOwnTranscript,
  writeLater,
}: HooksDependencies) {
  const receiver = (slotId: SlotId, { sessionId }: HookBody): GivenTo => ({
    sessionId,
    role: core.runtime(slotId).configuration.role,
  });

  /** A prompt goes its way with or without it. */
  function given(find: (give: KnowledgeGiving) => string | null): string | null {
    try {
      return find(give);
    } catch (error) {
      core.logger.warn({ error: String(error) }, 'what is known could not be given');
      return null;
    }
  }

  /**
   * Takes the transcript that a hook of the slot's own session names.
   * @throws MissionError `input_invalid` for a file elsewhere: Claude Code has sent no such hook
   */
  function takeTranscript(slotId: SlotId, epoch: Epoch, { transcriptPath }: HookBody): void {
    const runtime = core.runtime(slotId);
    if (transcriptPath === undefined || transcriptPath === runtime.transcriptPath) return;
    if (!isOwnTranscript(transcriptPath, core.slots.session(epoch)?.configDirectory ?? null)) {
      verdicts.record(slotId, epoch, 'transcript_path', redact(slotId, transcriptPath), NOT_A_TRANSCRIPT);
      throw new MissionError('input_invalid', 'The hook names a transcript that is none of Claude Code.');
    }
    runtime.transcriptPath = transcriptPath;
    writeLater(() => core.slots.updateSession(epoch, { transcriptPath }));
  }

  return async function receiveHook(
    slotId: SlotId,
    epoch: Epoch,
    body: unknown,
    signal: AbortSignal,
  ): Promise<HookReply> {
    const runtime = core.runtime(slotId);
    const hook = parseHookBody(body);
    if (hook === null || (hook.name === 'other' && ASKS_FOR_A_VERDICT.has(hook.event))) {
      throw new MissionError('input_invalid', 'Claude Code sent a hook that cannot be read.');
    }
    if (runtime.epoch !== epoch) {
      throw new MissionError('input_invalid', `The hook is of another run (${epoch}).`);
    }
    // A nested `claude` may have inherited our hooks, and subagents share them: their tools are judged, but they are not
    // this slot's turn.
    const isOurs = (): boolean => {
      const snapshot = core.slotSnapshot(slotId);
      return snapshot !== undefined && hook.sessionId === sessionIdOf(snapshot) && hook.agentId === undefined;
    };
    // Before it moves anything: one that names a file of somebody else was forged.
    if (isOurs()) takeTranscript(slotId, epoch, hook);
    const at = core.now();
    runtime.lastActivityAt = at;
    core.signal(slotId, edgeOf(hook, epoch, at));
    stuck.hookHeard(slotId, epoch, hook);
    overlaps.hookHeard(slotId, hook);
    // A SessionStart has made its conversation ours.
    const ours = isOurs();
    if (ours) takeTranscript(slotId, epoch, hook);
    if (ours) {
      reports.hookHeard(slotId, hook);
      progress.hookHeard(slotId, hook);
    }
    if (hook.name === 'PostToolUse') guardrails.toolEnded(slotId, hook);
    switch (hook.name) {
      case 'SessionStart':
        return addContext(
          hook.name,
          given((give) => give.forSession(receiver(slotId, hook), hook.source !== 'resume')),
        );
      case 'UserPromptSubmit':
        if (ours) turns.promptHeard(slotId, epoch, hook);
        return addContext(
          hook.name,
          given((give) => give.forPrompt(receiver(slotId, hook), hook.prompt, at)),
        );
      case 'Stop':
        if (ours) turns.turnEnded(slotId, epoch, hook);
        return {};
      case 'StopFailure':
        if (ours) turns.turnFailed(slotId, epoch, hook);
        return {};
      case 'PreToolUse':
        if (ours) turns.goingOn(slotId);
        return verdicts.beforeTool(slotId, epoch, hook, signal, (argument) => {
          if (ours) progress.toolBegan(slotId, hook.tool, hook.toolUseId, argument);
          overlaps.toolBegan(slotId, hook);
        });
      case 'PostToolUse':
        return addContext(hook.name, ours ? await mail.afterTool(slotId, epoch, hook) : null);
      case 'PermissionRequest':
        return verdicts.request(slotId, epoch, hook, signal);
      default:
        return {};
    }
  };
}
