import { z } from 'zod';
import type { AuditEntryView } from '../../../actors/mission/audit-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { auditDetail, auditStats, auditTrace } from '../../tools/audit.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { durationOf, numberOf } from '../option-values.ts';
import { table } from '../table.ts';

/**
 * When `--since` begins: an age (`30m`, `2h`, `7d`), or a moment or day as people write them.
 * @throws MissionError `input_invalid`
 */
function sinceOf({ values }: ParsedCommand): number | undefined {
  const text = z.string().optional().parse(values['since']);
  if (text === undefined) return undefined;
  const age = durationOf(text);
  const at = age === null ? Date.parse(text) : Date.now() - age;
  if (Number.isFinite(at) && at > 0) return at;
  throw new MissionError('input_invalid', `--since is ${JSON.stringify(text)}.`, {
    remedy: 'Give an age (30m, 2h, 7d) or a moment (2026-11-21, 2026-11-21T08:00:00Z).',
  });
}

function filterOf(parsed: ParsedCommand): Record<string, unknown> {
  const { slot, task, session, kind, decision } = parsed.values;
  const named = { slotId: slot, taskId: task, sessionId: session, kind, decision, since: sinceOf(parsed) };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** What became of it: a decision with its rule, an answer, a change. */
function outcome({ kind, decision, rule, answer, change }: AuditEntryView): string {
  if (kind === 'decision') return `${decision ?? ''} (${rule ?? ''})`;
  if (kind === 'rules') return JSON.stringify(change?.after);
  return answer ?? rule ?? '';
}

function rows(entries: readonly AuditEntryView[]): string {
  return table(
    ['ID', 'WHEN', 'KIND', 'WHO', 'SLOT', 'WHAT', 'OUTCOME'],
    entries.map((entry) => [
      String(entry.id),
      new Date(entry.at).toISOString().slice(0, 19).replace('T', ' '),
      entry.kind,
      entry.by ?? '',
      entry.slotId ?? '',
      [entry.tool, entry.argument?.slice(0, 60)].filter(Boolean).join(' '),
      outcome(entry),
    ]),
  );
}

async function showStats(parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = auditStats.output.parse(await call(auditStats.name, filterOf(parsed)));
  print(output, () =>
    Object.entries(output)
      .map(([what, counts]) =>
        table(
          [what, ''],
          counts.map(({ name, count }) => [name, String(count)]),
        ),
      )
      .join('\n'),
  );
  return 0;
}

async function showOne(word: string, { call, print }: CommandContext): Promise<number> {
  const output = auditDetail.output.parse(await call(auditDetail.name, { id: Number(word) }));
  print(output, () => `${JSON.stringify(output.entry, null, 2)}\n\n${rows(output.related)}`);
  return 0;
}

export const audit: Command = {
  name: 'audit',
  agents: 'nothing',
  summary: 'who was let do what, by which rule, who answered, who changed the rules',
  usage: '[ID] [OPTIONS]',
  options: {
    slot: { type: 'string', short: 's', help: 'only of this slot' },
    task: { type: 'string', short: 't', help: 'only of this task' },
    session: { type: 'string', help: 'only of this conversation' },
    kind: { type: 'string', help: 'decision, question, answer, rules or kill' },
    decision: { type: 'string', help: 'allow, confirm or deny' },
    since: { type: 'string', help: 'an age (30m, 2h, 7d), a day or a moment' },
    limit: { type: 'string', help: 'how many entries (default: 50)' },
    before: { type: 'string', help: 'those older than this entry' },
    stats: { type: 'boolean', help: 'count them instead' },
  },
  words: [0, 1],
  async run(parsed, context) {
    const [id] = parsed.positionals;
    if (id !== undefined) return showOne(id, context);
    if (parsed.values['stats'] === true) return showStats(parsed, context);
    const [limit, before] = ['limit', 'before'].map((option) => numberOf(parsed, option, { whole: true }));
    const page = { ...(limit === undefined ? {} : { limit }), ...(before === undefined ? {} : { before }) };
    const output = auditTrace.output.parse(
      await context.call(auditTrace.name, { ...filterOf(parsed), ...page }),
    );
    context.print(output, () =>
      output.entries.length === 0
        ? 'Nothing.\n'
        : rows(output.entries) +
          (output.next === undefined ? '' : `older ones: missiond audit --before ${output.next}\n`),
    );
    return 0;
  },
};
