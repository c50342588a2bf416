import { missionWorkerWake } from '../../tools/agent-care.ts';
import { missionPause, missionWake } from '../../tools/pauses.ts';
import { notesOf } from '../agent-words.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { askOfSlot } from '../slot-named.ts';

const OPTIONS: Command['options'] = {
  repo: { type: 'string', help: 'all agents of a repository' },
  all: { type: 'boolean', help: 'every slot' },
};

function whomOf({ positionals: [slotId], values }: ParsedCommand): Record<string, unknown> {
  const { repo, all } = values;
  return {
    ...(slotId === undefined ? {} : { slotId }),
    ...(typeof repo === 'string' ? { repository: repo } : {}),
    ...(all === true ? { all } : {}),
  };
}

/** Asks of one slot, of an agent by its name, or of all that are meant. */
const asked = <Output>(
  parsed: ParsedCommand,
  more: Record<string, unknown>,
  ask: (input: Record<string, unknown>) => Promise<Output>,
  context: Pick<CommandContext, 'call'>,
): Promise<Output> => {
  const { slotId: name, ...whom } = whomOf(parsed);
  const input = { ...whom, ...more };
  return typeof name === 'string'
    ? askOfSlot(name, (slotId) => ask({ ...input, slotId }), context)
    : ask(input);
};

const said = (slots: readonly string[], words: string): string =>
  slots.length === 0 ? 'None.\n' : `${slots.join(', ')} ${words}.\n`;

export const pause: Command = {
  name: 'pause',
  agents: 'nothing',
  summary: 'give slots nothing new: no task, message or reminder',
  usage: 'SLOT | --repo NAME | --all [--minutes N]',
  options: { ...OPTIONS, minutes: { type: 'string', help: 'it ends by itself after so many' } },
  words: [0, 1],
  async run(parsed, { call, print }) {
    const minutes = numberOf(parsed, 'minutes', { whole: false });
    const more = minutes === undefined ? {} : { minutes };
    const ask = (input: Record<string, unknown>) => call(missionPause.name, input);
    const output = missionPause.output.parse(await asked(parsed, more, ask, { call }));
    print(output, () => said(output.slots, 'put aside'));
    return 0;
  },
};

export const wake: Command = {
  name: 'wake',
  agents: 'nothing',
  summary: 'let slots go on that were put aside',
  usage: 'SLOT | --repo NAME | --all',
  options: OPTIONS,
  words: [0, 1],
  async run(parsed, { call, print }) {
    const { repo } = parsed.values;
    // Who sleeps is woken with the rest of its team.
    const woken =
      typeof repo === 'string'
        ? missionWorkerWake.output.parse(await call(missionWorkerWake.name, { repository: repo }))
        : { workers: [], notes: [] };
    const ask = (input: Record<string, unknown>) => call(missionWake.name, input);
    const { slots } = missionWake.output.parse(await asked(parsed, {}, ask, { call }));
    const output = {
      slots: [...new Set([...slots, ...woken.workers.map(({ slotId }) => slotId)])],
      notes: woken.notes,
    };
    print(output, () => `${said(output.slots, 'may go on')}${notesOf(output.notes)}`);
    return 0;
  },
};
