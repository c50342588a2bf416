import { createRedaction } from '../config/redact.ts';
import { within } from '../deadline/within.ts';
import { MissionError } from '../errors/mission-error.ts';
import { runProgram } from '../processes/run-program.ts';
import { type AskpassDoor, openAskpassDoor } from './answer-askpass.ts';
import { isWhole } from './answer-parts.ts';
import { sshFailure } from './ssh-failure.ts';
import { type SshTarget, targetWords } from './ssh-target.ts';

const CONNECT_WITHIN_S = 10;
/** A machine with a thousand disks tells less. */
const MOST_ANSWER_BYTES = 256 * 1024;
/** All that ssh says of one connection, details included. */
const MOST_PRINTED = 64 * 1024;
/** What ssh needs of our environment: whose agent, where programs are. */
const FOR_SSH = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'TMPDIR'];

/** Where a target leads, as ssh's own configuration has it. */
export interface Resolved {
  readonly user: string;
  readonly address: string;
  readonly port: number;
}

export interface SshRun {
  readonly target: SshTarget;
  readonly password?: string | undefined;
  /** Read by a plain `sh` there; it ends its answer with the part `end` of `PART`. */
  readonly script: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export interface SshAnswer {
  readonly resolved: Resolved;
  /** What the script has printed, to its end. */
  readonly answer: string;
}

/** Runs a script of ours on a machine. @throws MissionError `host_key_unknown`, `host_key_changed`, `ssh_failed`, `timeout`, `cancelled` */
export type RunOverSsh = (run: SshRun) => Promise<SshAnswer>;

/** They hold before whatever ~/.ssh/config says. */
const ALWAYS = {
  // An unknown machine is never let past, nor asked about.
  StrictHostKeyChecking: 'yes',
  VerifyHostKeyDNS: 'no',
  NoHostAuthenticationForLocalhost: 'no',
  UpdateHostKeys: 'no',
  // Nothing of ours is lent to the machine.
  ForwardAgent: 'no',
  ForwardX11: 'no',
  ClearAllForwardings: 'yes',
  PermitLocalCommand: 'no',
  RemoteCommand: 'none',
  RequestTTY: 'no',
  // A connection of its own, that ends with it.
  ControlMaster: 'no',
  ControlPath: 'none',
  ConnectTimeout: String(CONNECT_WITHIN_S),
  ConnectionAttempts: '1',
  NumberOfPasswordPrompts: '1',
  // Only so it names the key that the machine shows.
  LogLevel: 'DEBUG1',
};

function destination({ user, host, port }: SshTarget): readonly string[] {
  return [
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    // Behind it nothing is an option, whatever it begins with.
    '--',
    host,
  ];
}

function resolvedOf(target: SshTarget, configuration: string): Resolved {
  const value = (name: string): string | undefined =>
    configuration
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .trim();
  return {
    user: value('user') ?? target.user ?? '',
    address: value('hostkeyalias') ?? value('hostname') ?? target.host,
    port: Number(value('port') ?? target.port ?? 22),
  };
}

/** `root@db's password: `, or `(root@db) Password: ` (keyboard-interactive): of this machine, of none on the way to it. */
function promptsOf({ user, address }: Resolved): (prompt: string) => boolean {
  return (prompt) =>
    prompt.startsWith(`${user}@${address}'s password`) || prompt.startsWith(`(${user}@${address}) `);
}

/**
 * Runs scripts of ours on machines with the person's own ssh program: their configuration, agent and known hosts hold.
 * Time and answer are bounded.
 */
export function createSshRunner(env: NodeJS.ProcessEnv): RunOverSsh {
  const forSsh = {
    ...Object.fromEntries(FOR_SSH.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    LC_ALL: 'C',
  };

  async function ask(
    args: readonly string[],
    input: string,
    {
      redact,
      signal,
      more = {},
    }: { redact: (text: string) => string; signal: AbortSignal; more?: NodeJS.ProcessEnv },
  ) {
    let printed = '';
    let answer = '';
    let failure: unknown = null;
    try {
      await runProgram(['ssh', ...args], input, {
        env: { ...forSsh, ...more },
        signal,
        printed: (text) => {
          printed = redact(text);
        },
        answered: (text) => {
          answer = redact(text);
        },
        keptOutput: MOST_PRINTED,
        mostAnswerBytes: MOST_ANSWER_BYTES,
      });
    } catch (error) {
      failure = error;
    }
    return { printed, answer, failure };
  }

  async function run({ target, password, script }: SshRun, signal: AbortSignal): Promise<SshAnswer> {
    const redact = createRedaction(password === undefined ? [] : [password]);
    const asked = await ask(['-G', ...destination(target)], '', { redact, signal });
    if (asked.failure !== null) throw sshFailure(target, asked.printed, asked.failure);
    const resolved = resolvedOf(target, asked.answer);
    let door: AskpassDoor | undefined;
    try {
      door = password === undefined ? undefined : await openAskpassDoor(password, promptsOf(resolved));
      const options = { ...ALWAYS, BatchMode: door === undefined ? 'yes' : 'no' };
      const args = [
        '-T',
        ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
        ...destination(target),
        'sh',
      ];
      const more =
        door === undefined
          ? {}
          : { SSH_ASKPASS: door.program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':missiond' };
      const { printed, answer, failure } = await ask(args, script, { redact, signal, more });
      // The shell there may end with any status; the answer is whole when its last line is.
      if (!isWhole(answer)) throw sshFailure(target, printed, failure ?? new Error('it ran no POSIX shell'));
      return { resolved, answer };
    } finally {
      await door?.close();
    }
  }

  return async (request) => {
    const tooLate = within(request.withinMs);
    try {
      return await run(request, AbortSignal.any([request.signal, tooLate]));
    } catch (error) {
      if (request.signal.aborted)
        throw new MissionError('cancelled', 'Looking at the machine was called off.');
      if (tooLate.aborted)
        throw new MissionError(
          'timeout',
          `${targetWords(request.target)} did not answer within ${request.withinMs / 1_000} seconds.`,
          { cause: error },
        );
      throw error;
    }
  };
}
