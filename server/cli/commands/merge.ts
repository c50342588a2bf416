import { MissionError } from '../../../services/errors/mission-error.ts';
import { mergeOne, mergeQueue, review as reviewing } from '../../tools/merging.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

function whichOf({ values }: ParsedCommand): { repository?: string; cwd?: string } {
  const { repo } = values;
  return typeof repo === 'string' ? { repository: repo } : { cwd: process.cwd() };
}

async function queue(parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = mergeQueue.output.parse(await call('mission_merge_queue', whichOf(parsed)));
  print(output, () =>
    table(
      ['ID', 'STATUS', 'WHAT', 'INTO', 'BY', 'WHY'],
      output.merges.map(({ id, status, subject, target, requestedBy, rows, trouble }) => [
        String(id),
        status,
        subject,
        target ?? '',
        requestedBy,
        trouble ??
          (status === 'merged' || status === 'proposed' ? '' : (rows.find(({ ok }) => !ok)?.message ?? '')),
      ]),
    ),
  );
  return 0;
}

async function cancel(id: string, { call, print }: CommandContext): Promise<number> {
  const output = await call('mission_merge_cancel', { id: Number(id) });
  print(output, () => `merge ${id} is cancelled\n`);
  return 0;
}

export const merge: Command = {
  name: 'merge',
  agents: 'nothing',
  summary: 'merge a branch, the work of an agent or a pull request, when reviews and checks agree',
  usage: 'WHAT [--dry-run] | --queue | --cancel ID',
  options: {
    repo: { type: 'string', help: 'in this repository (default: the one you are in, or the current one)' },
    'dry-run': { type: 'boolean', help: 'look at everything, merge nothing' },
    method: { type: 'string', help: 'squash (the default), merge or fast-forward' },
    protected: { type: 'boolean', help: 'you have looked at the protected files that it changes, and agree' },
    queue: { type: 'boolean', help: 'what waits, what was merged or refused, and why' },
    cancel: { type: 'string', help: 'take one out of the queue' },
  },
  words: [0, 1],
  async run(parsed, context) {
    const { values, positionals } = parsed;
    const [subject] = positionals;
    if (typeof values['cancel'] === 'string') return cancel(values['cancel'], context);
    if (values['queue'] === true && subject !== undefined)
      throw new MissionError(
        'input_invalid',
        'missiond merge --queue shows what waits, without a word for what to merge.',
        {
          remedy: `missiond merge ${subject} puts it into the queue and waits; missiond merge --queue shows it.`,
        },
      );
    if (values['queue'] === true) return queue(parsed, context);
    if (subject === undefined)
      throw new MissionError('input_invalid', 'missiond merge: what?', {
        remedy: `Usage: missiond merge ${merge.usage}`,
      });
    const output = mergeOne.output.parse(
      await context.call('mission_merge', {
        ...whichOf(parsed),
        subject,
        ...(values['method'] === undefined ? {} : { method: values['method'] }),
        dryRun: values['dry-run'] === true,
        allowProtected: values['protected'] === true,
      }),
    );
    const { ok, rows, merge: made } = output;
    const told = rows.map((row) => `${row.ok ? '✓' : '✗'} ${row.check}: ${row.message}\n`).join('');
    const failed = rows.some((row) => row.check === 'check' && !row.ok) && output.output !== undefined;
    const end =
      made === undefined
        ? ok
          ? 'it could be merged\n'
          : 'it would be refused\n'
        : made.status === 'proposed'
          ? `pull request #${made.pullRequest} to ${made.target} of upstream has it; its maintainers merge\n`
          : ok
            ? `merged into ${made.target} as ${made.result?.slice(0, 12)}${made.pushed ? ', pushed' : ''}\n`
            : `${made.status}\n`;
    const trouble = made?.trouble === undefined ? '' : `${made.trouble}\n`;
    context.print(output, () => `${told}${failed ? `${output.output}\n` : ''}${end}${trouble}`);
    return ok ? 0 : 1;
  },
};

export const review: Command = {
  name: 'review',
  agents: 'nothing',
  summary: 'say that a commit may be merged, or not yet',
  usage: 'COMMIT|BRANCH approve|request_changes [WORDS…]',
  options: {
    repo: { type: 'string', help: 'in this repository (default: the one you are in, or the current one)' },
  },
  words: [2, 1_000],
  async run(parsed, { call, print }) {
    const [commit = '', verdict = '', ...words] = parsed.positionals;
    const output = reviewing.output.parse(
      await call('mission_review', { ...whichOf(parsed), commit, verdict, comments: words.join(' ') }),
    );
    const { verdict: said, commit: of } = output.review;
    print(output, () => `${said}: ${of}\n`);
    return 0;
  },
};
