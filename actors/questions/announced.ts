import type { AuditRow } from '../../services/ledger/audit-ledger.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';
import type { QuestionView } from '../mission/views.ts';
import { mayShow } from './same-question.ts';

/** Dialogs that a tool call brings up, which a hook announces before; where the call is a question itself, by these tools. */
const ASKED_BY: Readonly<Partial<Record<DialogReading['kind'], readonly string[] | 'the tool'>>> = {
  permission: 'the tool',
  question: ['AskUserQuestion'],
  plan: ['ExitPlanMode', 'EnterPlanMode'],
};

const UNANNOUNCED = 'no tool call was announced for this dialog';

function announces(dialog: DialogReading, { tool, argument }: AuditRow): boolean {
  const by = ASKED_BY[dialog.kind] ?? [];
  if (by !== 'the tool') return tool !== null && by.includes(tool);
  return (
    (dialog.tool === undefined || dialog.tool === tool) &&
    mayShow(dialog.argument ?? dialog.file, argument ?? undefined)
  );
}

/**
 * Who may answer a dialog that no hook asks about, and why. A program that can write to the terminal draws whatever it
 * likes; what no hook has announced is left to a person, and so is what only a person may allow.
 * @param asked the last calls of the run about which somebody is to be asked
 */
export function whoMayAnswer(
  dialog: DialogReading,
  asked: readonly AuditRow[],
): Pick<QuestionView, 'personOnly' | 'rule'> {
  if (ASKED_BY[dialog.kind] === undefined) return { personOnly: false };
  const calls = asked.filter((call) => announces(dialog, call));
  const call = calls.find(({ personOnly }) => personOnly) ?? calls[0];
  if (call === undefined) return { personOnly: true, rule: UNANNOUNCED };
  return { personOnly: call.personOnly, ...(call.rule === null ? {} : { rule: call.rule }) };
}
