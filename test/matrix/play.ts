import { ensureClaudeCode } from '../../services/claude/install.ts';
import { startRealSession } from '../services/keyboard/real-session.ts';
import type { Outcome } from './attempt.ts';
import { payloads as allPayloads, type Payload } from './payloads.ts';
import type { SessionKind, Situation } from './situations.ts';
import { createStage, type Stage } from './stage.ts';

export interface Cell {
  readonly version: string;
  readonly situation: string;
  readonly payload: string;
  readonly outcome: Outcome;
}

export interface PlayOptions {
  readonly version: string;
  readonly situations: readonly (readonly [string, Situation])[];
  /** Which of the payloads are sent in a situation. */
  readonly isWanted: (payload: string, situation: string) => boolean;
  readonly onCell: (cell: Cell, screen: string) => void;
  readonly onProgress?: (sentence: string) => void;
}

async function startStage(
  version: string,
  kind: SessionKind,
  tell: (sentence: string) => void,
): Promise<Stage> {
  const program = await ensureClaudeCode({ version, onProgress: tell });
  const { suggests = false, ...rest } = kind;
  return createStage(
    await startRealSession({
      program,
      ...rest,
      ...(suggests ? { env: { CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: 'true' } } : {}),
    }),
  );
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sends the payloads in the situations, one after another; a session is shared until something went wrong in it. */
export async function play(options: PlayOptions): Promise<void> {
  const { version, situations, isWanted, onCell, onProgress = () => {} } = options;
  const stages = new Map<string, Stage>();

  async function stageOf(kind: SessionKind): Promise<Stage> {
    const key = JSON.stringify(kind);
    const open = stages.get(key);
    if (open !== undefined) return open;
    const stage = await startStage(version, kind, onProgress);
    stages.set(key, stage);
    return stage;
  }

  async function discard(kind: SessionKind): Promise<void> {
    const key = JSON.stringify(kind);
    await stages.get(key)?.close();
    stages.delete(key);
  }

  /** The situation in a session that is known to be well. */
  async function entered(situation: Situation): Promise<Stage> {
    const stage = await stageOf(situation.session);
    await situation.enter(stage);
    return stage;
  }

  async function playSituation(name: string, situation: Situation): Promise<void> {
    let stage = await entered(situation);
    const payloads: Readonly<Record<string, Payload>> = situation.payloads?.(stage) ?? allPayloads;
    let well = true;
    for (const [payload, sent] of Object.entries(payloads)) {
      if (!isWanted(payload, name)) continue;
      if (!well) {
        await discard(situation.session);
        stage = await entered(situation);
      }
      const outcome = await situation
        .attempt(stage, sent)
        .catch((error: unknown): Outcome => ({ result: 'wrong', why: reasonOf(error) }));
      well = outcome.result !== 'wrong';
      onCell({ version, situation: name, payload, outcome }, stage.screen());
    }
    if (well && situation.leave !== undefined) await situation.leave(stage);
    else await discard(situation.session);
  }

  try {
    for (const [name, situation] of situations) {
      await playSituation(name, situation).catch(async (error: unknown) => {
        const open = stages.get(JSON.stringify(situation.session));
        const outcome: Outcome = { result: 'wrong', why: reasonOf(error) };
        onCell({ version, situation: name, payload: '(the situation)', outcome }, open?.screen() ?? '');
        await discard(situation.session);
      });
    }
  } finally {
    for (const stage of stages.values()) await stage.close();
  }
}
