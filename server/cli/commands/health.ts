import { health as operation } from '../../tools/health.ts';
import type { Command } from '../command.ts';

export const health: Command = {
  name: 'health',
  agents: 'nothing',
  summary: 'whether the daemon is well: database, terminals, queue, disk; ends with 1 when something fails',
  usage: '',
  options: {},
  words: [0, 0],
  async run(_, { call, print }) {
    const output = operation.output.parse(await call(operation.name));
    const { missiond, node, sqlite, schema, claude } = output.versions;
    print(
      output,
      () =>
        `${output.checks
          .map(
            ({ check, result, detail, remedy }) =>
              `${result.padEnd(5)} ${check.padEnd(11)} ${detail}${remedy === undefined ? '' : `\n${' '.repeat(18)}→ ${remedy}`}\n`,
          )
          .join(
            '',
          )}up for ${output.uptime} s; missiond ${missiond}, node ${node}, SQLite ${sqlite ?? '?'} (schema ${schema ?? '?'}), Claude Code ${claude.join(', ') || 'none runs'}\n`,
    );
    return output.status === 'fail' ? 1 : 0;
  },
};
