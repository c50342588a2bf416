import { missionRepair } from '../../tools/agent-care.ts';
import type { Command } from '../command.ts';

export const repair: Command = {
  name: 'repair',
  agents: 'nothing',
  summary: 'compares what is written of agents with what is there; with --yes, mends it',
  usage: '[--yes]',
  options: { yes: { type: 'boolean', help: 'do it' } },
  words: [0, 0],
  async run({ values }, { call, print }) {
    const output = missionRepair.output.parse(
      await call('mission_repair', { apply: values['yes'] === true }),
    );
    print(output, () =>
      output.findings.length === 0
        ? 'Everything is as it is written.\n'
        : output.findings
            .map(
              ({ slotId, finding, remedy, done }) =>
                `${slotId}: ${finding}\n  ${done ? 'done' : 'would be done'}: ${remedy}\n`,
            )
            .join(''),
    );
    return 0;
  },
};
