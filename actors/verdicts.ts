import type { Epoch, SlotId } from '../db/ids.ts';
import {
  allowRequest,
  allowTool,
  askTool,
  denyRequest,
  denyTool,
  type HookBody,
  type HookReply,
} from '../services/claude/hook-body.ts';
import { mannerOf } from '../services/permissions/call-manner.ts';
import type { Push } from '../services/permissions/git-push.ts';
import type { Rules } from '../services/permissions/policy.ts';
import type { MissionCore } from './core.ts';
import type { Guardrails } from './guardrails.ts';
import type { Questions } from './questions/questions.ts';

/** What the policy says of one tool call. */
export interface Verdict {
  readonly decision: 'allow' | 'confirm' | 'deny';
  /** Which rule of which scope decided. */
  readonly rule: string;
  /** The command, path or address that was judged. */
  readonly argument: string;
  /** A rule that denies may mean this call; what it will be is not known before it runs. */
  readonly perhapsDenied: boolean;
  /** A `confirm` that no agent answers, an orchestrating one neither. */
  readonly personOnly: boolean;
  /** What it pushes, where a person has to agree to what those commits change. */
  readonly pushes?: readonly Push[];
}

export interface VerdictDependencies {
  readonly core: MissionCore;
  readonly questions: Pick<Questions, 'askByHook' | 'expectFlash'>;
  readonly guardrails: Pick<Guardrails, 'rulesOf' | 'checkWanted'>;
  /** `task`: rules of the task that the slot works on, beside those of the policy. */
  readonly judge: (
    slotId: SlotId,
    tool: string,
    input: unknown,
    cwd: string | undefined,
    task: Rules | undefined,
  ) => Verdict;
  /** The first protected file that pushed commits change; null when there is none. */
  readonly protectedInPush: (
    slotId: SlotId,
    pushes: readonly Push[],
    signal: AbortSignal,
  ) => Promise<string | null>;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
  /** Writes in the next transaction, and again when that fails: a verdict never waits for the disk. */
  readonly writeLater: (write: () => void) => void;
}

/** A hook that asks for a verdict. */
type ToolHook = HookBody & { readonly name: 'PreToolUse' | 'PermissionRequest' };

/** Tools that are themselves a question to the person: Claude Code shows their dialog, and answering it is the permission. */
const ASKS_BY_ITSELF: ReadonlySet<string> = new Set(['AskUserQuestion', 'ExitPlanMode', 'EnterPlanMode']);

/** What is said of these: their dialog is known to be coming. */
const ASKED_ON_THE_SCREEN: Verdict = {
  decision: 'confirm',
  rule: 'it asks by itself',
  argument: '',
  perhapsDenied: false,
  personOnly: false,
};

/** Says of each tool call whether it runs, asks whoever may say so, and writes down what was decided and why. */
export function createVerdicts({
  core,
  questions,
  guardrails,
  judge,
  protectedInPush,
  redact,
  writeLater,
}: VerdictDependencies) {
  function decide(slotId: SlotId, tool: string, input: unknown, cwd: string | undefined): Verdict {
    const { configuration, cwd: own } = core.runtime(slotId);
    const verdict = judge(slotId, tool, input, cwd ?? own, guardrails.rulesOf(slotId));
    // The person chose to skip questions for this slot; what is denied, or may be, or protected is not for it to skip.
    return verdict.decision === 'confirm' &&
      configuration.dangerouslySkipPermissions &&
      !verdict.perhapsDenied &&
      !verdict.personOnly
      ? { ...verdict, decision: 'allow', rule: `${verdict.rule}, skipped by dangerouslySkipPermissions` }
      : verdict;
  }

  /**
   * By whatever program a protected file was changed: what is pushed is looked at, and a person agrees to it or not.
   */
  async function withPush(slotId: SlotId, verdict: Verdict, signal: AbortSignal): Promise<Verdict> {
    const { pushes } = verdict;
    if (pushes === undefined || verdict.decision === 'deny' || verdict.personOnly) return verdict;
    const guarded = (what: string): Verdict => ({
      ...verdict,
      decision: 'confirm',
      rule: `gate pushProtected: ${what}`,
      personOnly: true,
    });
    try {
      const file = await protectedInPush(slotId, pushes, signal);
      return file === null ? verdict : guarded(`what is pushed changes ${file}`);
    } catch (error) {
      core.logger.warn({ slotId, error: String(error) }, 'what is pushed could not be looked at');
      return guarded('what is pushed is not known');
    }
  }

  /** What the agent reads: which rule it was, and what it can do about it. */
  function denial(slotId: SlotId, { rule }: Verdict): string {
    const wanted = rule.startsWith('task.') ? guardrails.checkWanted(slotId) : null;
    return `missiond denies this (${rule}).${wanted === null ? '' : ` ${wanted}`}`;
  }

  function record(slotId: SlotId, epoch: Epoch, tool: string, argument: string, verdict: Verdict): void {
    const at = core.now();
    const taskId = core.occupied.get(slotId) ?? null;
    const { decision, rule, personOnly } = verdict;
    const { role } = core.runtime(slotId).configuration;
    writeLater(() =>
      core.audit.add({
        kind: 'decision',
        at,
        slotId,
        role,
        epoch,
        taskId,
        tool,
        argument,
        decision,
        rule,
        personOnly,
      }),
    );
    core.bus.publish({
      type: 'tool_decided',
      at,
      slotId,
      tool,
      argument,
      decision: verdict.decision,
      rule: verdict.rule,
    });
    core.logger.info({ slotId, tool, decision: verdict.decision, rule: verdict.rule }, 'tool judged');
  }

  async function beforeTool(
    slotId: SlotId,
    epoch: Epoch,
    hook: ToolHook,
    signal: AbortSignal,
    began: (argument: string) => void,
  ): Promise<HookReply> {
    if (ASKS_BY_ITSELF.has(hook.tool)) {
      record(slotId, epoch, hook.tool, '', ASKED_ON_THE_SCREEN);
      began('');
      return {};
    }
    const verdict = await withPush(slotId, decide(slotId, hook.tool, hook.input, hook.cwd), signal);
    const argument = redact(slotId, verdict.argument);
    record(slotId, epoch, hook.tool, argument, verdict);
    if (verdict.decision === 'deny') return denyTool(denial(slotId, verdict));
    began(argument);
    return verdict.decision === 'allow' ? allowTool(verdict.rule) : askTool(verdict.rule);
  }

  async function request(
    slotId: SlotId,
    epoch: Epoch,
    hook: ToolHook,
    signal: AbortSignal,
  ): Promise<HookReply> {
    if (ASKS_BY_ITSELF.has(hook.tool)) return {};
    const verdict = await withPush(slotId, decide(slotId, hook.tool, hook.input, hook.cwd), signal);
    // What was judged before the call asked somebody, or was not heard: that it is decided after all stands in the audit.
    if (verdict.decision !== 'confirm')
      record(slotId, epoch, hook.tool, redact(slotId, verdict.argument), verdict);
    if (verdict.decision === 'deny') {
      questions.expectFlash(slotId);
      return denyRequest(denial(slotId, verdict));
    }
    if (verdict.decision === 'allow') {
      questions.expectFlash(slotId);
      return allowRequest();
    }
    const answer = await questions.askByHook(
      {
        slotId,
        epoch,
        tool: hook.tool,
        argument: redact(slotId, verdict.argument),
        called: verdict.argument,
        manner: mannerOf(hook.tool, hook.input),
        rule: verdict.rule,
        personOnly: verdict.personOnly,
      },
      signal,
    );
    if (answer === null) return {};
    return answer.behavior === 'allow' ? allowRequest() : denyRequest(answer.message);
  }

  return { record, beforeTool, request };
}

export type Verdicts = ReturnType<typeof createVerdicts>;
