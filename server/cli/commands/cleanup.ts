import { MissionError } from '../../../services/errors/mission-error.ts';
import { missionCleanup, overlapLook, rescueDrop, rescueList, rescueShow } from '../../tools/cleanup.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';
import { whichOf } from './repo.ts';

const WHICH = {
  type: 'string',
  help: 'which repository; else that of this folder, else the current one',
} as const;

export const cleanup: Command = {
  name: 'cleanup',
  agents: 'nothing',
  summary: 'remove what is left of work that is merged: worktrees and branches of agents and tasks',
  usage: '[--dry-run] [--remote] [--repo NAME]',
  options: {
    repo: WHICH,
    'dry-run': { type: 'boolean', help: 'only say what would be removed; changes nothing' },
    remote: { type: 'boolean', help: 'also delete these branches where a remote has them' },
  },
  words: [0, 0],
  async run(parsed, { call, print }) {
    const output = missionCleanup.output.parse(
      await call('mission_cleanup', {
        ...whichOf(parsed),
        dryRun: parsed.values['dry-run'] === true,
        remote: parsed.values['remote'] === true,
      }),
    );
    const { removed, left, notes, dryRun } = output;
    const rows = [
      ...removed.map(({ name, branch, why, rescue }) => [
        dryRun ? 'would go' : 'removed',
        name,
        branch ?? '',
        why,
        rescue ?? '',
      ]),
      ...left.map(({ name, why }) => ['stays', name, '', why, '']),
    ];
    print(
      output,
      () => table(['', 'WHAT', 'BRANCH', 'WHY', 'SAVED'], rows) + notes.map((note) => `  ${note}\n`).join(''),
    );
    return 0;
  },
};

export const overlaps: Command = {
  name: 'overlaps',
  agents: 'all',
  summary: 'agents that are at the same files, compared now',
  usage: '[--repo NAME]',
  options: { repo: WHICH },
  words: [0, 0],
  async run(parsed, { call, print }) {
    const output = overlapLook.output.parse(await call('mission_overlap_look', whichOf(parsed)));
    const rows = output.overlaps.map(({ slots, files, conflicts }) => [
      slots.join(' '),
      files.join(', '),
      conflicts === null ? 'git before 2.38 cannot say' : conflicts.join(', '),
    ]);
    print(output, () => table(['AGENTS', 'FILES', 'CONFLICTS'], rows));
    return 0;
  },
};

export const rescue: Command = {
  name: 'rescue',
  agents: ['list', 'show'],
  summary: 'what was saved before missiond removed something',
  usage: 'list | show NAME | drop NAME',
  options: { repo: WHICH },
  words: [1, 2],
  async run(parsed, { call, print }) {
    const [verb, name] = parsed.positionals;
    const which = whichOf(parsed);
    if (verb === 'list' && name === undefined) {
      const output = rescueList.output.parse(await call('mission_rescue_list', which));
      const rows = output.rescues.map((one) => [new Date(one.at).toISOString(), one.name, one.subject]);
      print(output, () => table(['SAVED', 'NAME', 'WHAT'], rows));
    } else if (verb === 'show' && name !== undefined) {
      const output = rescueShow.output.parse(await call('mission_rescue_show', { ...which, name }));
      print(output, () => [output.log, output.files, output.hint, ''].join('\n'));
    } else if (verb === 'drop' && name !== undefined) {
      const output = rescueDrop.output.parse(await call('mission_rescue_drop', { ...which, name }));
      print(output, () => `${output.rescue.ref} is gone; its commit was ${output.rescue.commit}.\n`);
    } else
      throw new MissionError(
        'input_invalid',
        `missiond rescue does not understand "${parsed.positionals.join(' ')}".`,
        {
          remedy: 'Usage: missiond rescue list | show NAME | drop NAME',
        },
      );
    return 0;
  },
};
