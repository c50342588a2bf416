import { WebSocket } from 'ws';
import type { z } from 'zod';
import { MissionEvent } from '../../actors/mission/views.ts';
import { missionHome } from '../../services/config/home.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { readDaemonFile } from '../daemon-file.ts';
import { ErrorBody, toldError } from '../error-body.ts';
import type { TypedOperation } from '../tools/operation.ts';
import { missionAgents, missionKill, missionRestart, missionSlots, missionSpawn } from '../tools/slots.ts';
import {
  missionAsk,
  missionCancel,
  missionInbox,
  missionStatus,
  missionSubmit,
  missionTask,
} from '../tools/tasks.ts';
import {
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

interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * Connects to a daemon: of a home (default: the usual one), or at an address with its token. Every operation is a
 * method that rejects with MissionError, its code as the daemon said it.
 * @throws MissionError `daemon_unreachable` when no daemon has run in that home
 */
export function connectMission(
  where: { readonly home?: string } | { readonly url: string; readonly token: string } = {},
) {
  const address = 'url' in where ? where : addressOf(where.home ?? missionHome(process.env));
  const headers = { authorization: `Bearer ${address.token}` };

  async function perform<Input extends z.ZodObject, Output extends z.ZodType>(
    operation: TypedOperation<Input, Output>,
    input: z.input<Input>,
    options: CallOptions,
  ): Promise<z.output<Output>> {
    const reply = await fetch(`${address.url}/api/tools/${operation.name}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(input),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const body: unknown = await reply.json();
    if (reply.ok) return operation.output.parse(body);
    throw toldError(ErrorBody.parse(body));
  }

  const method =
    <Input extends z.ZodObject, Output extends z.ZodType>(operation: TypedOperation<Input, Output>) =>
    (input: z.input<Input>, options: CallOptions = {}): Promise<z.output<Output>> =>
      perform(operation, input, options);

  return {
    submit: method(missionSubmit),
    ask: method(missionAsk),
    status: method(missionStatus),
    tasks: method(missionTask),
    cancel: method(missionCancel),
    inbox: method(missionInbox),
    slots: method(missionSlots),
    agents: method(missionAgents),
    spawn: method(missionSpawn),
    kill: method(missionKill),
    restart: method(missionRestart),
    ptySpawn: method(ptySpawn),
    ptySend: method(ptySend),
    ptyScreen: method(ptyScreen),
    ptyConfirm: method(ptyConfirm),
    ptyInterrupt: method(ptyInterrupt),
    ptyKill: method(ptyKill),
    ptyStatus: method(ptyStatus),
    ptyHistory: method(ptyHistory),
    ptyLogs: method(ptyLogs),

    /** Every change from now on, or after `since`. Ends when the signal aborts or the daemon goes away. */
    events: (options: EventOptions = {}) => readEvents(address, headers, options),
  };
}

export type MissionClient = ReturnType<typeof connectMission>;

interface EventOptions extends CallOptions {
  readonly since?: number;
}

async function* readEvents(
  address: { readonly url: string },
  headers: Record<string, string>,
  { since, signal }: EventOptions,
): AsyncGenerator<MissionEvent> {
  const query = since === undefined ? '' : `?since=${since}`;
  const socket = new WebSocket(`${address.url.replace(/^http/, 'ws')}/tasks${query}`, { headers });
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
  const stop = (): void => socket.terminate();
  signal?.addEventListener('abort', stop, { once: true });
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
    signal?.removeEventListener('abort', stop);
    socket.terminate();
  }
}

function addressOf(home: string): { readonly url: string; readonly token: string } {
  const daemon = readDaemonFile(home);
  if (daemon === null) {
    throw new MissionError('daemon_unreachable', `No daemon serves ${home}.`, {
      remedy: 'Start it with `missiond up`.',
    });
  }
  return { url: `http://127.0.0.1:${daemon.port}`, token: daemon.token };
}
