import { WebSocket } from 'ws';
import { z } from 'zod';
import { MissionEvent } from '../../actors/mission/views.ts';
import { missionHome } from '../../services/config/home.ts';
import { MISSION_ERRORS, MissionError, type MissionErrorCode } from '../../services/errors/mission-error.ts';
import { readDaemonFile } from '../daemon-file.ts';
import type { TypedOperation } from '../tools/operation.ts';
import type {
  missionAgents,
  missionKill,
  missionRestart,
  missionSlots,
  missionSpawn,
} from '../tools/slots.ts';
import type {
  missionAsk,
  missionCancel,
  missionInbox,
  missionStatus,
  missionSubmit,
  missionTask,
} from '../tools/tasks.ts';
import type {
  ptyConfirm,
  ptyHistory,
  ptyInterrupt,
  ptyKill,
  ptyLogs,
  ptyScreen,
  ptySend,
  ptySpawn,
  ptyStatus,
} from '../tools/terminals.ts';

/** Every operation by its tool name, with the types of its schemas. */
interface Operations {
  mission_submit: typeof missionSubmit;
  mission_ask: typeof missionAsk;
  mission_status: typeof missionStatus;
  mission_task: typeof missionTask;
  mission_cancel: typeof missionCancel;
  mission_inbox: typeof missionInbox;
  mission_slots: typeof missionSlots;
  mission_agents: typeof missionAgents;
  mission_spawn: typeof missionSpawn;
  mission_kill: typeof missionKill;
  mission_restart: typeof missionRestart;
  mission_pty_spawn: typeof ptySpawn;
  mission_pty_send: typeof ptySend;
  mission_pty_screen: typeof ptyScreen;
  mission_pty_confirm: typeof ptyConfirm;
  mission_pty_interrupt: typeof ptyInterrupt;
  mission_pty_kill: typeof ptyKill;
  mission_pty_status: typeof ptyStatus;
  mission_pty_history: typeof ptyHistory;
  mission_pty_logs: typeof ptyLogs;
}

type InputOf<Name extends keyof Operations> =
  Operations[Name] extends TypedOperation<infer Input, z.ZodType> ? z.input<Input> : never;
type OutputOf<Name extends keyof Operations> =
  Operations[Name] extends TypedOperation<z.ZodObject, infer Output> ? z.output<Output> : never;

export interface MissionClient {
  /** Performs an operation. Rejects with MissionError, its code as the daemon said it. */
  call<Name extends keyof Operations>(
    name: Name,
    input: InputOf<Name>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<OutputOf<Name>>;
  /** Every change from now on, or after `since`. Ends when the signal aborts or the daemon goes away. */
  events(options?: { readonly since?: number; readonly signal?: AbortSignal }): AsyncGenerator<MissionEvent>;
}

const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }),
});

function isCode(code: string): code is MissionErrorCode {
  return code in MISSION_ERRORS;
}

/**
 * Connects to a daemon: of a home (default: the usual one), or at an address with its token.
 * @throws MissionError `daemon_unreachable` when no daemon has run in that home
 */
export function connectMission(
  where: { readonly home?: string } | { readonly url: string; readonly token: string } = {},
): MissionClient {
  const address = 'url' in where ? where : addressOf(where.home ?? missionHome(process.env));
  const headers = { authorization: `Bearer ${address.token}` };
  return {
    async call(name, input, options = {}) {
      const reply = await fetch(`${address.url}/api/tools/${name}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(input),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const body: unknown = await reply.json();
      if (reply.ok) {
        const output: OutputOf<typeof name> = anyJson(body);
        return output;
      }
      const { code, message, remedy } = ErrorBody.parse(body).error;
      throw new MissionError(
        isCode(code) ? code : 'internal',
        message,
        remedy === undefined ? {} : { remedy },
      );
    },
    async *events({ since, signal } = {}) {
      const socket = new WebSocket(
        `${address.url.replace(/^http/, 'ws')}/tasks${since === undefined ? '' : `?since=${since}`}`,
        { headers, ...(signal === undefined ? {} : { signal }) },
      );
      const waiting: MissionEvent[] = [];
      let wake = (): void => {};
      let open = true;
      const end = (): void => {
        open = false;
        wake();
      };
      socket.on('message', (data) => {
        const event = MissionEvent.safeParse(JSON.parse(String(data)));
        if (event.success) waiting.push(event.data);
        wake();
      });
      socket.on('close', end);
      socket.on('error', end);
      signal?.addEventListener('abort', () => socket.terminate(), { once: true });
      try {
        while (open || waiting.length > 0) {
          yield* waiting.splice(0);
          if (open && waiting.length === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        socket.terminate();
      }
    },
  };
}

/** The daemon checked what it sends against the same schema. */
function anyJson(body: unknown) {
  return z.any().parse(body);
}

function addressOf(home: string): { readonly url: string; readonly token: string } {
  const daemon = readDaemonFile(home);
  if (daemon === null)
    throw new MissionError('daemon_unreachable', `No daemon serves ${home}.`, {
      remedy: 'Start it with `missiond up`.',
    });
  return { url: `http://127.0.0.1:${daemon.port}`, token: daemon.token };
}
