import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import type { DaemonAddress } from '../client/daemon-address.ts';
import type { ToolProfile } from '../tools/profiles.ts';

/** How our own initialize is told apart from the client's requests. */
const OWN_INITIALIZE = 'missiond-bridge-initialize';
const UNAUTHORISED = 401;
/** The daemon was started anew: it knows no such session, or has another token. */
const OF_ANOTHER_DAEMON: ReadonlySet<number | undefined> = new Set([UNAUTHORISED, 404]);

/** One MCP session with one daemon. */
export interface DaemonLink {
  /** Resolves when the daemon has taken the message. Rejects with what `wasNotTaken` and `hasGone` tell apart. */
  send(message: JSONRPCMessage): Promise<void>;
  /** Ends the session, unless the daemon has gone. */
  close(): Promise<void>;
}

export interface DaemonLinkOptions extends DaemonAddress {
  /** What the client had said over an earlier link; said again before anything else. */
  readonly initialize: JSONRPCRequest | undefined;
  /** Absent: all tools. */
  readonly profile?: ToolProfile | undefined;
  readonly onMessage: (message: JSONRPCMessage) => void;
  /** The daemon has gone or forgotten the session. These requests were taken and will never be answered. */
  readonly onLost: (unanswered: readonly RequestId[]) => void;
  readonly onError: (error: unknown) => void;
}

/** True when the message certainly reached no session, so that it may be sent again. */
export function wasNotTaken(error: unknown): boolean {
  if (error instanceof StreamableHTTPError) return OF_ANOTHER_DAEMON.has(error.code);
  const cause = error instanceof TypeError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

/** True when the daemon does not know the token. */
export function isUnknownToken(error: unknown): boolean {
  return error instanceof StreamableHTTPError && error.code === UNAUTHORISED;
}

/** True when the connection broke: whether the message was taken is not known. `fetch` says it with a TypeError. */
export function hasGone(error: unknown): boolean {
  return error instanceof TypeError || wasNotTaken(error);
}

/**
 * Opens a session; with nothing to say again, the client's own initialize, which comes as the first message, opens it.
 * @throws whatever `fetch` throws when the daemon does not answer
 */
export async function openDaemonLink({
  url,
  token,
  initialize,
  profile,
  onMessage,
  onLost,
  onError,
}: DaemonLinkOptions): Promise<DaemonLink> {
  const unanswered = new Map<RequestId, 'sending' | 'taken'>();
  let lost = false;
  let begun = (): void => {};
  let notBegun = (_: unknown): void => {};
  const door = new URL('/mcp', url);
  if (profile !== undefined) door.searchParams.set('profile', profile);
  const transport = new StreamableHTTPClientTransport(door, {
    // On a connection that is kept, `fetch` may not notice that the daemon has closed it, and then nobody knows whether
    // the next message was taken. A connection for each message costs less than a millisecond here.
    requestInit: { headers: { authorization: `Bearer ${token}`, connection: 'close' } },
  });

  /** It would connect again and again to a session that is no more; but what is being sent is not cut off. */
  function endWhenQuiet(): void {
    if (lost && ![...unanswered.values()].includes('sending')) transport.close().catch(onError);
  }

  function lose(reason: unknown): void {
    notBegun(reason);
    if (lost) return;
    lost = true;
    onLost([...unanswered].flatMap(([id, how]) => (how === 'taken' ? [id] : [])));
    endWhenQuiet();
  }

  async function send(message: JSONRPCMessage): Promise<void> {
    if (!isJSONRPCRequest(message)) return transport.send(message);
    const { id } = message;
    unanswered.set(id, 'sending');
    try {
      await transport.send(message);
      // The answer can be there before the sending ends.
      if (unanswered.has(id)) unanswered.set(id, 'taken');
      if (lost && unanswered.has(id)) onLost([id]);
    } catch (error) {
      unanswered.delete(id);
      throw error;
    } finally {
      endWhenQuiet();
    }
  }

  transport.onmessage = (message) => {
    if (!('method' in message) && message.id !== undefined) unanswered.delete(message.id);
    if ('id' in message && message.id === OWN_INITIALIZE) begun();
    else onMessage(message);
  };
  transport.onerror = (error) => {
    onError(error);
    if (hasGone(error)) lose(error);
  };
  await transport.start();
  if (initialize !== undefined) {
    const answered = new Promise<void>((resolve, reject) => {
      begun = resolve;
      notBegun = reject;
    });
    await Promise.all([send({ ...initialize, id: OWN_INITIALIZE }), answered]);
    await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }
  return {
    send,
    async close() {
      // A daemon that has gone has no session to end.
      if (!lost) await transport.terminateSession().catch(() => {});
      await transport.close();
    },
  };
}
