import { text } from 'node:stream/consumers';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { kbDiscover } from '../../tools/knowledge-discovery.ts';
import type { Command } from '../command.ts';
import { numberOf } from '../option-values.ts';

/** A password in an argument could be read by every program of the machine. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY)
    throw new MissionError('input_invalid', 'The password would be seen while it is typed.', {
      remedy: 'Send it in: missiond discover HOST --password-stdin < FILE',
    });
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

export const discover: Command = {
  name: 'discover',
  agents: 'nothing',
  summary: 'look at a machine over ssh and remember what it is',
  usage: 'HOST [--port N] [--password-stdin]',
  options: {
    port: { type: 'string', help: 'instead of what ssh would take' },
    'password-stdin': { type: 'boolean', help: 'let in with the password on standard input, not by a key' },
  },
  words: [1, 1],
  async run(parsed, { call, print }) {
    const port = numberOf(parsed, 'port', { whole: true });
    const input = {
      host: parsed.positionals[0],
      ...(port === undefined ? {} : { port }),
      ...(parsed.values['password-stdin'] === true ? { password: await readPassword() } : {}),
    };
    const output = kbDiscover.output.parse(await call(kbDiscover.name, input));
    print(output, () => `${output.summary}\nRemembered as ${output.key} (infra): ${output.action}.\n`);
    return 0;
  },
};
