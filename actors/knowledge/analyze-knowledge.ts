import { randomUUID } from 'node:crypto';
import { redactTokens } from '../../db/redact-tokens.ts';
import { isSettled } from '../../machines/board-task.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type AnalysisMode, analysisInstructions } from '../../services/knowledge/analysis-prompts.ts';
import { NEVER_SHOWN } from '../../services/knowledge/category.ts';
import { createAddressVeil } from '../../services/knowledge/hide-addresses.ts';
import { type PlanRow, readPlan } from '../../services/knowledge/plan-answer.ts';
import type { BoardLedger } from '../../services/ledger/board-ledger.ts';
import type { KnowledgeLedger, KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';
import type { KnowledgeOperationLedger } from '../../services/ledger/knowledge-operation-ledger.ts';
import type { ChatReply, Router } from '../../services/router/api.ts';
import { asManyAsFit } from '../as-many-as-fit.ts';

/** Of entries in one request; some 100,000 tokens. What does not fit is left for the next page. */
const MOST_CHARACTERS = 400_000;
const MOST_TASKS = 300;
const DAY_MS = 24 * 60 * 60_000;

export interface AnalyzeRequest {
  readonly mode: AnalysisMode;
  readonly category?: string | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly includeBoard: boolean;
  /** What is asked in the mode `custom`. */
  readonly prompt?: string | undefined;
  readonly model?: string | undefined;
  readonly maxTokens?: number | undefined;
  /** Puts what is planned into the queue. */
  readonly savePlan: boolean;
}

export interface Analyzed extends Pick<ChatReply, 'model' | 'backend' | 'usage' | 'costUsd' | 'finish'> {
  readonly entriesInRequest: number;
  readonly totalEntries: number;
  readonly hasMore: boolean;
  /** What the model wrote, of every mode but a plan that could be read. */
  readonly analysis?: string;
  readonly plan?: readonly PlanRow[];
  readonly refused?: readonly { readonly place: string; readonly why: string }[];
  /** Where the plan waits for mission_kb_execute_plan. */
  readonly planId?: string;
  readonly broken?: string;
}

export interface AnalysisDependencies {
  readonly ledger: KnowledgeLedger;
  readonly operations: KnowledgeOperationLedger;
  readonly board: Pick<BoardLedger, 'all'>;
  readonly router: Pick<Router, 'chat'>;
  readonly now: () => number;
}

/** A language model looks at what is known. What it plans waits in the queue; nothing of it is done here. */
export function createAnalysis({ ledger, operations, board, router, now }: AnalysisDependencies) {
  function lineOf(row: KnowledgeRow, withDetail: boolean): string {
    const { category, key, summary, detail, accessCount, updatedAt, confidence } = row;
    const age_days = Math.floor((now() - updatedAt) / DAY_MS);
    return JSON.stringify({
      category,
      key,
      summary,
      access_count: accessCount,
      age_days,
      confidence,
      ...(withDetail && detail !== null ? { detail } : {}),
    });
  }

  const fitting = (
    rows: readonly KnowledgeRow[],
    withDetail: boolean,
  ): readonly { readonly row: KnowledgeRow; readonly line: string }[] =>
    asManyAsFit(
      rows.map((row) => ({ row, line: lineOf(row, withDetail) })),
      ({ line }) => line.length,
      MOST_CHARACTERS,
    );

  function tasks(): string {
    const cards = board.all().filter(({ hidden }) => !hidden);
    const line = ({ id, title, status }: (typeof cards)[number]) =>
      `- [${isSettled(status) ? 'done' : 'open'}] ${id.slice(0, 8)} ${title.replace(/\s+/g, ' ')}`;
    return cards.slice(-MOST_TASKS).map(line).join('\n');
  }

  function save(rows: readonly PlanRow[], by: string): string {
    const planId = `plan-${randomUUID()}`;
    ledger.atOnce(() => {
      for (const row of rows) operations.add({ planId, ...row, by, createdAt: now() });
    });
    return planId;
  }

  /** @throws MissionError as `Router.chat`; `input_invalid` */
  return async (
    request: AnalyzeRequest,
    { by, signal }: { readonly by: string; readonly signal: AbortSignal },
  ): Promise<Analyzed> => {
    const { mode, category, limit, offset, includeBoard, prompt = '', model, maxTokens, savePlan } = request;
    if (mode === 'custom' && prompt.trim() === '')
      throw new MissionError('input_invalid', 'There is no question.', {
        remedy: 'Say in custom_prompt what you would know.',
      });
    const totalEntries = ledger.total(category, NEVER_SHOWN);
    const shown = fitting(ledger.page(category, { limit, offset, except: NEVER_SHOWN }), mode !== 'overview');
    if (shown.length === 0)
      throw new MissionError('knowledge_unknown', 'There is nothing to look at.', {
        remedy:
          totalEntries === 0
            ? 'mission_kb_list shows what is known.'
            : `Take an offset below ${totalEntries}.`,
      });
    const veil = createAddressVeil();
    const clean = (text: string): string => veil.hide(redactTokens(text));
    const material = [
      `<entries>\n${shown.map(({ line }) => clean(line)).join('\n')}\n</entries>`,
      ...(includeBoard ? [`<tasks>\n${clean(tasks())}\n</tasks>`] : []),
    ];
    const reply = await router.chat({
      messages: [
        { role: 'system', content: analysisInstructions(mode, includeBoard, prompt) },
        { role: 'user', content: material.join('\n\n') },
      ],
      model,
      maxTokens,
      signal,
    });
    const answer = veil.reveal(reply.text);
    const told = {
      model: reply.model,
      backend: reply.backend,
      usage: reply.usage,
      costUsd: reply.costUsd,
      finish: reply.finish,
      entriesInRequest: shown.length,
      totalEntries,
      hasMore: offset + shown.length < totalEntries,
    };
    if (mode !== 'consolidation_plan') return { ...told, analysis: answer };
    const shownAt = new Map(shown.map(({ row }) => [row.id, row.updatedAt]));
    const { rows, refused, broken } = readPlan(answer, {
      shown(key) {
        // As it is by now: while the model thought, others may have changed and forgotten it.
        const known = ledger.byKey(key);
        return known.some(({ id, updatedAt }) => shownAt.get(id) === updatedAt) ? known : [];
      },
      taken: (filed, key) => ledger.at(filed, key) !== undefined,
    });
    if (broken !== undefined) return { ...told, broken, analysis: answer };
    return {
      ...told,
      plan: rows,
      refused,
      ...(savePlan && rows.length > 0 ? { planId: save(rows, by) } : {}),
    };
  };
}

export type Analysis = ReturnType<typeof createAnalysis>;
