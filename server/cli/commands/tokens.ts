import { tokenStats } from '../../tools/conversations.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const tokens: Command = {
  name: 'tokens',
  agents: 'all',
  summary: 'tokens that were used and what they cost, by session, slot, model, day or task',
  usage: '[--by GROUP] [--slot S] [--session ID] [--since MOMENT]',
  options: {
    by: { type: 'string', help: 'session, slot, model (default), day or task' },
    slot: { type: 'string', help: 'only of this slot' },
    session: { type: 'string', help: 'only of this conversation' },
    since: { type: 'string', help: 'a moment, such as 2026-11-21T00:00:00Z' },
  },
  words: [0, 0],
  async run({ values }, { call, print }) {
    const named = { slotId: values['slot'], sessionId: values['session'], since: values['since'] };
    const given = Object.entries(named).filter(([, value]) => value !== undefined);
    const input = { ...Object.fromEntries(given), groupBy: values['by'] ?? 'model' };
    const output = tokenStats.output.parse(await call(tokenStats.name, input));
    const rows = output.stats.map((stat) => [
      stat.group_key ?? '',
      `$${stat.cost_usd.toFixed(2)}${stat.unpriced === undefined ? '' : ' +'}`,
      ...[stat.total_input, stat.total_output, stat.total_cache_creation, stat.total_cache_read].map(String),
    ]);
    const unpriced = [...new Set(output.stats.flatMap((stat) => stat.unpriced ?? []))];
    print(
      output,
      () =>
        table([String(input.groupBy).toUpperCase(), 'COST', 'INPUT', 'OUTPUT', 'CACHED', 'READ'], rows) +
        (unpriced.length === 0 ? '' : `+ no price is known of ${unpriced.join(', ')}: see prices.yaml\n`),
    );
    return 0;
  },
};
