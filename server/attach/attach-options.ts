import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SlotId } from '../../db/ids.ts';
import { missionHome } from '../../services/config/home.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { readDaemonFile } from '../daemon-file.ts';
import type { AttachTarget } from './open-attachment.ts';

/** Not `localhost`: that may mean an address on which the daemon does not listen. */
const THIS_MACHINE = '127.0.0.1';

export const ATTACH_HELP = `Usage: missiond-attach SLOT|AGENT [options]

Shows the terminal of a slot, named by itself or by its agent (calm-fox, shop/calm-fox), and types into it. Every key goes to Claude Code, Ctrl-C too, except:

  Ctrl-b d     leave; the session goes on       Ctrl-\\        the same
  Ctrl-b [     look back (keys of less, q returns)
  Ctrl-b Ctrl-b  one Ctrl-b for Claude Code

  -r, --read-only        watch; no key and no window size is sent
  -H, --host HOST        where the daemon is (${THIS_MACHINE}); for a tunnel
  -p, --port PORT        its port (the one in daemon.json)
      --tls              it is reached over TLS (NODE_EXTRA_CA_CERTS names a certificate of your own)
      --token-file FILE  the token, alone or in a daemon.json
      --home DIR         home of the daemon (MISSIOND_HOME, or ~/.missiond)
      --json             print events, one JSON a line, instead of drawing
  -h, --help             this text

Ends with 0 when you leave, with the program's code when it ended, with 1 when the daemon cannot be reached or goes away.
`;

export type AttachCommand =
  | { readonly type: 'help' }
  | { readonly type: 'usage'; readonly message: string }
  | { readonly type: 'attach'; readonly target: AttachTarget; readonly json: boolean };

const Port = z.coerce.number().int().min(1).max(65_535);
const Token = z.string().regex(/^\S+$/);

/** The token, alone in the file or in a daemon.json. */
function readToken(file: string): string {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return Token.parse(
      text.startsWith('{') ? z.object({ token: Token }).parse(JSON.parse(text)).token : text,
    );
  } catch (error) {
    throw new MissionError('config_invalid', `No token can be read from ${file}.`, {
      remedy: 'Give a file that holds the token alone, or a daemon.json.',
      cause: error,
    });
  }
}

/** What `parseArgs` has to say about wrong options, as a value. */
function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      host: { type: 'string', short: 'H' },
      port: { type: 'string', short: 'p' },
      tls: { type: 'boolean' },
      'token-file': { type: 'string' },
      'read-only': { type: 'boolean', short: 'r' },
      home: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/**
 * Reads the arguments, and the daemon's file for what they leave out.
 * @throws MissionError `daemon_unreachable` when neither names a port and a token, `config_invalid` for a bad token file
 */
export function readAttachCommand(argv: readonly string[], env: NodeJS.ProcessEnv): AttachCommand {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return { type: 'usage', message: messageOf(error) };
  }
  const { values, positionals } = parsed;
  if (values.help === true) return { type: 'help' };
  // The agent of a repository may be written as it is in messages.
  const slot = SlotId.safeParse(positionals[0]?.replace('/', '.'));
  if (positionals.length !== 1) return { type: 'usage', message: 'Name one slot, or one agent.' };
  if (!slot.success)
    return { type: 'usage', message: `${positionals[0]} is not the name of a slot or of an agent.` };
  const givenPort = values.port === undefined ? undefined : Port.safeParse(values.port);
  if (givenPort?.success === false) return { type: 'usage', message: `${values.port} is not a port.` };
  const home = values.home ?? missionHome(env);
  const file = readDaemonFile(home);
  const port = givenPort?.data ?? file?.port;
  const token = values['token-file'] === undefined ? file?.token : readToken(values['token-file']);
  if (port === undefined || token === undefined) {
    throw new MissionError('daemon_unreachable', `No daemon has run in ${home}.`, {
      remedy: 'Start it with `missiond up`, or give --home, or --port and --token-file.',
    });
  }
  return {
    type: 'attach',
    json: values.json === true,
    target: {
      slot: slot.data,
      host: values.host ?? THIS_MACHINE,
      port,
      tls: values.tls === true,
      token,
      // Events are printed to a program, which has no keyboard.
      readOnly: values['read-only'] === true || values.json === true,
    },
  };
}
