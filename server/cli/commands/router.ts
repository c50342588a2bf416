import { routerStatus } from '../../tools/router.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const router: Command = {
  name: 'router',
  summary: 'the language models that the router asks, and what they cost today',
  usage: 'status',
  options: {},
  words: [0, 1],
  async run(_, { call, print }) {
    const output = routerStatus.output.parse(await call(routerStatus.name));
    const budget = output.dailyBudgetUsd === undefined ? '' : ` of $${output.dailyBudgetUsd.toFixed(2)}`;
    const rows = output.backends.map(({ name, type, baseUrl, models, running, problem }) => [
      name,
      type,
      baseUrl,
      models.length === 0 ? 'any' : models.join(', '),
      String(running),
      problem ?? '',
    ]);
    print(
      output,
      () =>
        (output.problem === undefined ? '' : `${output.problem}\n`) +
        (rows.length === 0
          ? 'No backend is configured: write router.yaml or credentials.json.\n'
          : table(['BACKEND', 'TYPE', 'ADDRESS', 'MODELS', 'RUNNING', 'PROBLEM'], rows)) +
        `Spent on ${output.day}: $${output.spentUsd.toFixed(4)}${budget}\n`,
    );
    return 0;
  },
};
