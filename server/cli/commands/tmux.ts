import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SlotView } from '../../../actors/mission/views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { openTeamSession, type TeamMember } from '../../../services/tmux/team-session.ts';
import { createTmux, serverArguments } from '../../../services/tmux/tmux.ts';
import { watchStopSignals } from '../../stop-signals.ts';
import { missionWorkerList } from '../../tools/agents.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';

const Slots = z.object({ slots: z.array(SlotView) });
/** As it is built. */
const MISSIOND = fileURLToPath(new URL('../missiond.js', import.meta.url));

/**
 * All slots, or the agents of a repository.
 * @throws MissionError `input_invalid` when there is nobody
 */
async function membersOf(
  repository: string | undefined,
  call: CommandContext['call'],
): Promise<readonly TeamMember[]> {
  const members =
    repository === undefined
      ? Slots.parse(await call('mission_pty_status')).slots.map(({ slotId }) => ({ slotId, name: slotId }))
      : missionWorkerList.output.parse(
          await call(missionWorkerList.name, {
            repository,
            // Whose work has ended, or who sleeps, has no session to show.
            status: ['making', 'active'],
            limit: 200,
          }),
        ).workers;
  if (members.length > 0) return members;
  throw new MissionError('input_invalid', 'There is nobody to show.', {
    remedy:
      repository === undefined
        ? 'Add a slot to slots.yaml, then `missiond down && missiond up`.'
        : `Give ${repository} an agent: missiond work "…" --repo ${repository}`,
  });
}

/** Shows a session in this terminal, or in the tmux that this command was called in. */
function show(session: string, socket: string | undefined, env: NodeJS.ProcessEnv): number {
  const verb = env['TMUX'] === undefined ? 'attach-session' : 'switch-client';
  const { status } = spawnSync('tmux', [...serverArguments(socket), verb, '-t', `=${session}`], {
    env,
    stdio: 'inherit',
  });
  return status ?? 1;
}

async function open(parsed: ParsedCommand, { home, env, call, stderr, json, print }: CommandContext) {
  const socket = typeof parsed.values['socket'] === 'string' ? parsed.values['socket'] : undefined;
  const [repository] = parsed.positionals;
  const members = await membersOf(repository, call);
  const stopping = new AbortController();
  const unwatch = watchStopSignals(() => stopping.abort());
  try {
    const team = await openTeamSession(
      createTmux(env, socket),
      {
        team: repository === undefined ? home : `${home} ${repository}`,
        usualName: repository === undefined ? 'missiond' : `mc-${repository}`,
        members,
        command: (slotId) => [process.execPath, MISSIOND, 'attach', slotId, '--home', home],
      },
      stopping.signal,
    );
    if (!json && parsed.values['detached'] !== true && stderr.isTTY === true)
      return show(team.session, socket, env);
    print(
      team,
      () =>
        `The tmux session ${team.session} has a window for each of ${members.length} agents: tmux ${[...serverArguments(socket), 'attach', '-t', `=${team.session}`].join(' ')}\n`,
    );
    return 0;
  } finally {
    unwatch();
  }
}

export const tmux: Command = {
  name: 'tmux',
  agents: 'nothing',
  summary:
    'a tmux session with a window for each slot, or each agent of a repository; closing one harms nobody',
  usage: '[REPOSITORY] [--detached] [--socket NAME]',
  options: {
    detached: { type: 'boolean', help: 'make the session, and say its name' },
    socket: { type: 'string', help: 'another tmux server than the usual one (tmux -L)' },
  },
  words: [0, 1],
  run: open,
};
