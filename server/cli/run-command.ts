import { SlotId } from '../../db/ids.ts';
import { readSlotToken } from '../../services/claude/door-file.ts';
import { missionHome } from '../../services/config/home.ts';
import { closestOf } from '../../services/errors/closest-of.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { readVersion } from '../version.ts';
import { refuseAgents } from './agents-commands.ts';
import { callDaemon, hearDaemon } from './call-daemon.ts';
import type { Command, CommandContext, CommandOutput } from './command.ts';
import { COMMANDS, OTHER_COMMANDS } from './commands.ts';
import { parseCommand } from './parse-command.ts';
import { safeJson, safeText } from './safe-text.ts';

/** The arguments are wrong, as most command lines say it. */
const USAGE_ERROR = 2;

function overview(): string {
  const rows = [...COMMANDS.map(({ name, summary }) => [name, summary] as const), ...OTHER_COMMANDS];
  return `Usage: missiond COMMAND [OPTIONS]\n\n${rows.map(([name, summary]) => `  ${name.padEnd(15)}${summary}\n`).join('')}\nEvery command takes --json, --help and --home DIR (default: MISSIOND_HOME, else ~/.missiond).\nmissiond --version prints the version.\n`;
}

function helpOf({ name, summary, usage, options }: Command): string {
  const lines = Object.entries({
    ...options,
    json: { help: 'print JSON' },
    home: { help: 'the home of the daemon' },
  }).map(([option, { help }]) => `  --${option.padEnd(14)}${help}\n`);
  return `Usage: missiond ${name} ${usage}\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}.\n\n${lines.join('')}`;
}

/** @throws MissionError `not_authorised` where the slot of this terminal has no session: nobody speaks for it then */
function slotTokenOf(home: string, env: NodeJS.ProcessEnv): string | undefined {
  const slot = env['MISSIOND_SLOT_ID'];
  if (slot === undefined || slot === '') return undefined;
  try {
    return readSlotToken(home, SlotId.parse(slot));
  } catch (cause) {
    throw new MissionError('not_authorised', `This is the terminal of ${slot}, whose token cannot be read.`, {
      remedy: 'Say --home where the daemon has another one. Without a session nobody speaks for that slot.',
      cause,
    });
  }
}

function reportFailure(error: unknown, json: boolean, { stdout, stderr }: CommandOutput): number {
  const failure = toFailure(error);
  if (json) stdout.write(`${safeJson({ error: failure })}\n`);
  else
    stderr.write(
      safeText(
        `missiond: ${failure.message}\n${failure.remedy === undefined ? '' : `  → ${failure.remedy}\n`}`,
      ),
    );
  return failure.code === 'input_invalid' ? USAGE_ERROR : 1;
}

/** What every command takes may stand before its name, too. */
function nameFirst(argv: readonly string[]): readonly string[] {
  let before = 0;
  for (let word = argv[0]; word === '--json' || word?.startsWith('--home'); word = argv[before])
    before += word === '--home' ? 2 : 1;
  const [name, ...rest] = argv.slice(before);
  return name === undefined ? [] : [name, ...argv.slice(0, before), ...rest];
}

/** One line, since the help of everything would push it off the screen, and what may have been meant. */
function unknownCommand(name: string): MissionError {
  if (name.startsWith('-'))
    return new MissionError('input_invalid', `there is no option ${name} before a command.`, {
      remedy: 'Usage: missiond COMMAND [options]; missiond --help lists both.',
    });
  const known = [...COMMANDS.map((command) => command.name), ...OTHER_COMMANDS.map(([other]) => other)];
  const meant = closestOf(name, known);
  return new MissionError('input_invalid', `there is no command "${name}".`, {
    remedy: `${meant.length === 0 ? '' : `Did you mean ${meant.join(' or ')}? `}missiond --help lists them.`,
  });
}

/**
 * Runs one command line.
 * @returns the exit status: 0, 1 when the command failed, 2 when its arguments were wrong
 */
export async function runCommand(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  output: CommandOutput,
): Promise<number> {
  const words = nameFirst(argv);
  const [name, ...rest] = words;
  const json = rest.includes('--json');
  try {
    refuseAgents(words, env);
    if (name === 'replay') return await (await import('./replay.ts')).replayCommand(rest, output);
    if (name === 'attach') return await (await import('../attach/attach-command.ts')).attachCommand(rest);
    if (name === '--version' || name === '-V' || name === 'version') {
      output.stdout.write(`${readVersion()}\n`);
      return 0;
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      output.stdout.write(overview());
      return 0;
    }
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (name === undefined) {
      output.stderr.write(overview());
      return USAGE_ERROR;
    }
    if (command === undefined) throw unknownCommand(name);
    const parsed = parseCommand(command, rest);
    if (parsed.values['help'] === true) {
      output.stdout.write(helpOf(command));
      return 0;
    }
    const home = typeof parsed.values['home'] === 'string' ? parsed.values['home'] : missionHome(env);
    const toolCall = (operation: string, body: unknown) => ({
      method: 'POST' as const,
      path: `/api/tools/${encodeURIComponent(operation)}`,
      body,
    });
    const speaker = () => ({
      isAgents: env['MISSIOND_SLOT_ID'] !== undefined,
      ...(command.speaksAsSlot === true ? { token: slotTokenOf(home, env) } : {}),
    });
    const context: CommandContext = {
      ...output,
      home,
      env,
      json,
      call: (operation, input = {}) => callDaemon(home, toolCall(operation, input), speaker()),
      hear: (operation, input, heard) => hearDaemon(home, toolCall(operation, input), heard, speaker()),
      print: (value, text) => void output.stdout.write(json ? `${safeJson(value)}\n` : safeText(text())),
    };
    return await command.run(parsed, context);
  } catch (error) {
    return reportFailure(error, json, output);
  }
}
