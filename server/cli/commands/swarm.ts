import { SwarmView } from '../../../actors/swarms/api.ts';
import type { Command } from '../command.ts';
import { numberOf } from '../option-values.ts';

const SECOND_MS = 1_000;
/** What one call takes. */
const MOST_WORDS = 100;

const listOf = (value: string | boolean | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? value.split(',').map((name) => name.trim()) : undefined;

function lines({ swarmId, done, tasks }: SwarmView): string {
  const each = tasks.map(({ place, status, taskId, slotId, prompt, result, error }) => {
    const head = [`${place + 1}.`, status, slotId, taskId].filter((part) => part !== undefined).join(' ');
    return [`${head}: ${prompt}`, result ?? error].filter((part) => part !== undefined).join('\n');
  });
  const rest = done ? [] : [`It goes on: missiond swarm --id ${swarmId}`];
  return `${[...each, ...rest].join('\n\n')}\n`;
}

export const swarm: Command = {
  name: 'swarm',
  agents: 'nothing',
  summary: 'split work over slots and gather the results',
  usage: '((--role ROLES | --slots SLOTS) TASK… | --id SWARM [--cancel]) [OPTIONS]',
  options: {
    role: { type: 'string', short: 'r', help: 'who does them, in turn (comma-separated)' },
    slots: { type: 'string', short: 's', help: 'only these slots do them (comma-separated)' },
    'at-once': { type: 'string', help: 'how many are open at once (default 3)' },
    timeout: {
      type: 'string',
      short: 't',
      help: 'how long to wait, in seconds (default 600); the work goes on',
    },
    id: { type: 'string', help: 'goes on waiting for one that was begun before' },
    cancel: { type: 'boolean', help: 'with --id: ends what is open and hands in nothing more' },
  },
  words: [0, MOST_WORDS],
  async run(parsed, { call, print }) {
    const { values, positionals } = parsed;
    const seconds = numberOf(parsed, 'timeout', { whole: false });
    const atOnce = numberOf(parsed, 'at-once', { whole: true });
    const view = SwarmView.loose().parse(
      await call('mission_cc_trigger_swarm', {
        ...(positionals.length === 0 ? {} : { tasks: positionals }),
        roles: listOf(values['role']),
        slotIds: listOf(values['slots']),
        swarmId: values['id'],
        cancel: values['cancel'],
        teammateCount: atOnce,
        ...(seconds === undefined ? {} : { timeoutMs: Math.ceil(seconds * SECOND_MS) }),
      }),
    );
    print(view, () => lines(view));
    return view.counts.failed === 0 ? 0 : 1;
  },
};
