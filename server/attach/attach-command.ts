import { toFailure } from '../../services/errors/mission-error.ts';
import { ATTACH_HELP, type AttachCommand, readAttachCommand } from './attach-options.ts';
import { type AttachEnd, runAttachSession } from './attach-session.ts';
import type { AttachTarget } from './open-attachment.ts';
import type { AttachIo } from './person-terminal.ts';
import { printEvents } from './print-events.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
/** What a shell reports of a program that a signal ended is 128 and its number; the number is not known here. */
const SIGNALLED = 128;

/** The last line that the person reads, and the exit code. */
function farewell({ slot }: AttachTarget, end: AttachEnd): { readonly words: string; readonly code: number } {
  switch (end.type) {
    case 'detached':
      return { words: `[left ${slot}; the session goes on]`, code: 0 };
    case 'exited':
      return end.code === null
        ? { words: `[the session of ${slot} was ended by a signal]`, code: SIGNALLED }
        : { words: `[the session of ${slot} has ended with code ${end.code}]`, code: end.code };
    case 'signalled':
      return { words: `[${end.signal}; the session of ${slot} goes on]`, code: FAILED };
    case 'refused':
      return { words: `missiond-attach: ${end.message}`, code: FAILED };
    case 'lost':
      return {
        words: `missiond-attach: ${end.message}\n  → The session may go on: \`missiond status\` tells.`,
        code: FAILED,
      };
  }
}

/**
 * The command `missiond-attach`, also `missiond attach`.
 * @returns the exit code: 0 left, the program's own when it ended, 1 not reached or lost, 2 wrong usage
 */
export async function attachCommand(argv: readonly string[], io: AttachIo = process): Promise<number> {
  let command: AttachCommand;
  try {
    command = readAttachCommand(argv, io.env);
  } catch (error) {
    const { message, remedy } = toFailure(error);
    io.stderr.write(`missiond-attach: ${[message, remedy].filter(Boolean).join('\n  → ')}\n`);
    return FAILED;
  }
  if (command.type === 'help') {
    io.stdout.write(ATTACH_HELP);
    return 0;
  }
  if (command.type === 'usage') {
    io.stderr.write(`missiond-attach: ${command.message}\n\n${ATTACH_HELP}`);
    return WRONG_USAGE;
  }
  const { target, json } = command;
  if (!json && !(io.stdin.isTTY && io.stdout.isTTY)) {
    io.stderr.write(
      'missiond-attach: There is no terminal to draw on.\n  → Run it in a terminal, or use --json.\n',
    );
    return WRONG_USAGE;
  }
  const end = json ? await printEvents(target, io.stdout) : await runAttachSession(target, io);
  const { words, code } = farewell(target, end);
  io.stderr.write(`${words}\n`);
  return code;
}
