import { parseArgs } from 'node:util';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Command, ParsedCommand } from './command.ts';

/** `--worktree` as `--worktree=`, so that it does not take the next word for its value. */
function withEmptyValues({ options }: Command, argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) => {
    const isBare = word.startsWith('--') && options[word.slice(2)]?.mayBeBare === true;
    return isBare && (end === -1 || index < end) ? `${word}=` : word;
  });
}

/** @throws MissionError `input_invalid` */
export function parseCommand(command: Command, argv: readonly string[]): ParsedCommand {
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
