import { SpendingView } from '../../../actors/mission/views.ts';
import { missionResume } from '../../tools/budgets.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

type Spent = SpendingView['all'];

const money = ({ usd }: Spent): string => `$${usd.toFixed(2)}`;
const counts = ({ inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens }: Spent): string[] =>
  [inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens].map(String);

export const spending: Command = {
  name: 'spending',
  agents: 'all',
  summary: 'what was spent today, and which slots take nothing new for it',
  usage: '',
  options: {},
  words: [0, 0],
  async run(_, { call, print }) {
    const output = SpendingView.parse(await call('mission_spending'));
    const rows = output.slots.map(({ slotId, spent, paused }) => [
      slotId,
      money(spent),
      ...counts(spent),
      paused?.why ?? '',
    ]);
    print(output, () =>
      table(
        [output.day, 'SPENT', 'INPUT', 'OUTPUT', 'CACHED', 'READ', 'PAUSED'],
        [...rows, ['all', money(output.all), ...counts(output.all), '']],
      ),
    );
    return 0;
  },
};

export const resume: Command = {
  name: 'resume',
  agents: 'nothing',
  summary: 'let a slot go on that a spent budget or usage window has paused',
  usage: 'SLOT',
  options: {},
  words: [1, 1],
  async run({ positionals: [slotId] }, { call, print }) {
    const output = missionResume.output.parse(await call('mission_resume', { slotId }));
    print(output, () => `${output.hint ?? `${slotId} goes on.`}\n`);
    return 0;
  },
};
