import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SlotId } from '../../db/ids.ts';
import { doorFileOf } from '../../services/claude/door-file.ts';
import { missionHome } from '../../services/config/home.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { OwnCommands } from '../../services/permissions/own-commands.ts';
import { COMMANDS, OTHER_COMMANDS } from './commands.ts';
import { parseCommand } from './parse-command.ts';

/** They only show what there is to say. */
const HELPS: ReadonlySet<string | undefined> = new Set([
  undefined,
  'help',
  '--help',
  '-h',
  '--version',
  'version',
  '-V',
]);

function agentMaySay([name, ...rest]: readonly string[]): boolean {
  if (HELPS.has(name)) return true;
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined || command.agents === 'nothing') return false;
  if (command.agents === 'all') return true;
  try {
    const [verb = ''] = parseCommand(command, rest).positionals;
    return command.agents.includes(verb);
  } catch {
    // What the command line would not understand is nothing that it would do.
    return false;
  }
}

/** What agents may say at missiond's own command line, by what each command declares of itself. */
export const agentsCommands: OwnCommands = {
  mayRun: agentMaySay,
  closed: [
    ...COMMANDS.filter(({ agents }) => agents === 'nothing').map(({ name }) => name),
    ...OTHER_COMMANDS.map(([name]) => name),
  ],
};

function homeOf(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const { values } = parseArgs({ args: [...argv], strict: false, options: { home: { type: 'string' } } });
  return typeof values.home === 'string' ? values.home : missionHome(env);
}

/**
 * The same where the words are run, whoever has hidden them from the judge of commands: in a script, behind a wrapper. An
 * agent may do as it likes with a daemon of its own, of another home, as when it works on missiond itself.
 * @throws MissionError `not_authorised`
 */
export function refuseAgents(argv: readonly string[], env: NodeJS.ProcessEnv): void {
  const slot = SlotId.safeParse(env['MISSIOND_SLOT_ID']).data;
  if (slot === undefined || agentMaySay(argv) || !existsSync(doorFileOf(homeOf(argv, env), slot))) return;
  throw new MissionError(
    'not_authorised',
    `missiond ${argv[0]} is for a person, not for the agent of ${slot}.`,
    {
      remedy: 'Use your tools (mission_*), or ask the person to say it in a terminal of theirs.',
    },
  );
}
