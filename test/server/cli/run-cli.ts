import { runCommand } from '../../../server/cli/run-command.ts';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** One command line, run in this process. */
export async function runCli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  /** Hears what is written to a terminal, when it is; without it nobody reads along. */
  terminal?: (text: string) => void,
): Promise<Ran> {
  let [out, err] = ['', ''];
  const status = await runCommand(argv, env, {
    stdout: {
      write: (text) => {
        out += text;
        terminal?.(text);
      },
      isTTY: terminal !== undefined,
    },
    stderr: {
      write: (text) => {
        err += text;
      },
    },
  });
  return { status, out, err };
}
