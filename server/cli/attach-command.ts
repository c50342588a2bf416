import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { missionHome } from '../../services/config/home.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import { viewTerminal } from '../attach/view-terminal.ts';
import { readDaemonFile } from '../daemon-file.ts';

/** Lines that Ctrl-b [ shows. */
const SCROLLBACK_LINES = 1_000;
const DEFAULT_PORT = 9120;

const HELP = `Usage: missiond-attach SLOT [OPTIONS]

Shows an agent's own terminal. Ctrl-b d or Ctrl-\\ leaves (the agent keeps running), Ctrl-b [ shows the
scrollback, Ctrl-b Ctrl-b sends one Ctrl-b. Everything else goes to Claude, Ctrl-C too.

  --read-only          only look
  --json               print what comes as JSON lines instead of drawing it
  -H, --host HOST      default 127.0.0.1
  -p, --port PORT      default: the port of daemon.json
  --token-file FILE    a file with the token instead of daemon.json
  --home DIR           default: MISSIOND_HOME, else ~/.missiond
`;

/**
 * The program missiond-attach, and `missiond attach`.
 * @returns the exit status: 0 after leaving or when the agent ended, 1 when the connection failed, 2 for wrong arguments
 */
export async function attachCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'read-only': { type: 'boolean' },
        json: { type: 'boolean' },
        host: { type: 'string', short: 'H' },
        port: { type: 'string', short: 'p' },
        'token-file': { type: 'string' },
        home: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    const [slotId] = positionals;
    if (values.help === true || slotId === undefined || positionals.length > 1) {
      (values.help === true ? process.stdout : process.stderr).write(HELP);
      return values.help === true ? 0 : 2;
    }
    const daemon = readDaemonFile(values.home ?? missionHome(env));
    const token =
      values['token-file'] === undefined
        ? daemon?.token
        : readFileSync(path.resolve(values['token-file']), 'utf8').trim();
    if (token === undefined) {
      process.stderr.write('missiond-attach: no daemon has run here.\n  → Start it with `missiond up`.\n');
      return 1;
    }
    const host = `${values.host ?? '127.0.0.1'}:${values.port ?? daemon?.port ?? DEFAULT_PORT}`;
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
    const { reason, status } = await viewTerminal(
      { input: process.stdin, output: process.stdout },
      {
        url: `ws://${host}/pty/${encodeURIComponent(slotId)}${values['read-only'] === true ? '?readonly=1' : ''}`,
        token,
        readOnly: values['read-only'] === true,
        json: values.json === true,
        signal: stop.signal,
        async scrollback() {
          const reply = await fetch(`http://${host}/api/tools/mission_pty_screen`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
            body: JSON.stringify({ slotId, lines: SCROLLBACK_LINES }),
          });
          return z.object({ screen: z.string() }).parse(await reply.json()).screen;
        },
      },
    );
    process.stderr.write(`missiond-attach: ${reason}\n`);
    return status;
  } catch (error) {
    process.stderr.write(`missiond-attach: ${toFailure(error).message}\n`);
    return 1;
  }
}
