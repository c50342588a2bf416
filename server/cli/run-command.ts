import { parseArgs } from 'node:util';
import { SlotId } from '../../db/ids.ts';
import { readSlotToken } from '../../services/claude/door-file.ts';
import { missionHome } from '../../services/config/home.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { readVersion } from '../version.ts';
import { callDaemon } from './call-daemon.ts';
import type { Command, CommandContext, CommandOutput, ParsedCommand } from './command.ts';
import { audit } from './commands/audit.ts';
import { board } from './commands/board.ts';
import { cleanup, overlaps, rescue } from './commands/cleanup.ts';
import { confirm } from './commands/confirm.ts';
import { conversations } from './commands/conversations.ts';
import { down, up } from './commands/daemon.ts';
import { bug, diagnostics } from './commands/diagnostics.ts';
import { discover } from './commands/discover.ts';
import { doctor } from './commands/doctor.ts';
import { embeddings } from './commands/embeddings.ts';
import { explain } from './commands/explain.ts';
import { history } from './commands/history.ts';
import { logs } from './commands/logs.ts';
import { memory } from './commands/memory.ts';
import { merge, review } from './commands/merge.ts';
import { message } from './commands/message.ts';
import { pause, wake } from './commands/pause.ts';
import { permissions } from './commands/permissions.ts';
import { repo } from './commands/repo.ts';
import { roles } from './commands/roles.ts';
import { router } from './commands/router.ts';
import { restart, slots, status } from './commands/slots.ts';
import { resume, spending } from './commands/spending.ts';
import { ask, call, submit, tasks } from './commands/tasks.ts';
import { tmux } from './commands/tmux.ts';
import { token } from './commands/token.ts';
import { tokens } from './commands/tokens.ts';
import { hibernate, repair, work, worker, workers, workspace } from './commands/work.ts';
import { worktrees } from './commands/worktrees.ts';
import { safeJson, safeText } from './safe-text.ts';

/** The arguments are wrong, as most command lines say it. */
const USAGE_ERROR = 2;

const COMMANDS: readonly Command[] = [
  up,
  down,
  status,
  slots,
  restart,
  submit,
  ask,
  tasks,
  confirm,
  board,
  conversations,
  memory,
  message,
  history,
  tokens,
  spending,
  resume,
  pause,
  wake,
  work,
  workers,
  worker,
  workspace,
  hibernate,
  repair,
  worktrees,
  roles,
  merge,
  review,
  repo,
  cleanup,
  overlaps,
  rescue,
  router,
  discover,
  embeddings,
  call,
  logs,
  tmux,
  explain,
  permissions,
  token,
  audit,
  doctor,
  diagnostics,
  bug,
];
/** Commands with arguments of their own. */
const OTHERS = [
  ['attach', "an agent's terminal (as missiond-attach)"],
  ['replay', 'play a recording of a session through the statechart'],
] as const;

function overview(): string {
  const rows = [...COMMANDS.map(({ name, summary }) => [name, summary] as const), ...OTHERS];
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

/** `--worktree` as `--worktree=`, so that it does not take the next word for its value. */
function withEmptyValues({ options }: Command, argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) => {
    const isBare = word.startsWith('--') && options[word.slice(2)]?.mayBeBare === true;
    return isBare && (end === -1 || index < end) ? `${word}=` : word;
  });
}

function parse(command: Command, argv: readonly string[]): ParsedCommand {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, short }]) => [
      name,
      short === undefined ? { type } : { type, short },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: withEmptyValues(command, argv),
      allowPositionals: true,
      options: {
        ...options,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        home: { type: 'string' },
      },
    });
    const [least, most] = command.words;
    const asksForHelp = values['help'] === true;
    if (!asksForHelp && positionals.length < least) throw new Error('too few words');
    if (!asksForHelp && positionals.length > most) throw new Error('too many words');
    return { values, positionals };
  } catch (cause) {
    throw new MissionError('input_invalid', `missiond ${command.name}: ${messageOf(cause)}`, {
      remedy: `Usage: missiond ${command.name} ${command.usage}`,
      cause,
    });
  }
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

/**
 * Runs one command line.
 * @returns the exit status: 0, 1 when the command failed, 2 when its arguments were wrong
 */
export async function runCommand(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  output: CommandOutput,
): Promise<number> {
  const [name, ...rest] = argv;
  const json = rest.includes('--json');
  try {
    if (name === 'replay') return await (await import('./replay.ts')).replayCommand(rest, output);
    if (name === 'attach') return await (await import('../attach/attach-command.ts')).attachCommand(rest);
    if (name === '--version' || name === '-V') {
      output.stdout.write(`${readVersion()}\n`);
      return 0;
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      output.stdout.write(overview());
      return 0;
    }
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command === undefined) {
      const wrong = name === undefined ? '' : safeText(`missiond: there is no command "${name}".\n\n`);
      output.stderr.write(wrong + overview());
      return USAGE_ERROR;
    }
    const parsed = parse(command, rest);
    if (parsed.values['help'] === true) {
      output.stdout.write(helpOf(command));
      return 0;
    }
    const home = typeof parsed.values['home'] === 'string' ? parsed.values['home'] : missionHome(env);
    const context: CommandContext = {
      ...output,
      home,
      env,
      json,
      call: (operation, input = {}) =>
        callDaemon(home, 'POST', `/api/tools/${encodeURIComponent(operation)}`, input, {
          isAgents: env['MISSIOND_SLOT_ID'] !== undefined,
          ...(command.speaksAsSlot === true ? { token: slotTokenOf(home, env) } : {}),
        }),
      print: (value, text) => void output.stdout.write(json ? `${safeJson(value)}\n` : safeText(text())),
    };
    return await command.run(parsed, context);
  } catch (error) {
    return reportFailure(error, json, output);
  }
}
