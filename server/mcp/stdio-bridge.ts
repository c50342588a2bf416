import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  isInitializeRequest,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import type { DaemonAddress } from '../client/daemon-address.ts';
import type { ToolProfile } from '../tools/profiles.ts';
import { type DaemonLink, hasGone, isUnknownToken, openDaemonLink, wasNotTaken } from './daemon-link.ts';

/** JSON-RPC's code for a failure of the server. */
const INTERNAL_ERROR = -32603;
/** A script that pipes its requests in ends its input at once and reads the answers. Clients kill us after some 2 s. */
const LAST_ANSWERS_MS = 1_500;

/** What is told of a request that the daemon may have begun. */
function wentAway(cause?: unknown): MissionError {
  return new MissionError('daemon_unreachable', 'The daemon went away before it had answered.', {
    remedy: 'What it had begun goes on when it is back: look with mission_task before asking again.',
    cause,
  });
}

/** What a client is told of a request that did not get through, also when it was tried again. */
function failureOf(cause: unknown): unknown {
  if (isUnknownToken(cause)) {
    return new MissionError('not_authorised', 'The token is wrong, or was revoked.', {
      remedy: 'Give MISSION_TOKEN one of `missiond token create`, or leave it out to act as the owner.',
      cause,
    });
  }
  return hasGone(cause) ? wentAway(cause) : cause;
}

export interface BridgeOptions {
  /** Finds or starts the daemon. Asked again when it has gone. */
  readonly daemon: () => Promise<DaemonAddress>;
  /** Absent: all tools. */
  readonly profile?: ToolProfile | undefined;
  readonly input: Readable;
  readonly output: Writable;
  readonly onError: (error: unknown) => void;
}

/**
 * Passes MCP messages between a client's streams and the daemon's `/mcp`. A daemon that was restarted is initialised
 * anew with what the client had said, and what it did not take is sent again: the client does not notice. What it had
 * taken is answered with an error, never sent twice: a task would be done twice.
 * @returns when the client has gone
 */
export async function runStdioBridge({
  daemon,
  profile,
  input,
  output,
  onError,
}: BridgeOptions): Promise<void> {
  const stdio = new StdioServerTransport(input, output);
  let initialize: JSONRPCRequest | undefined;
  let link: Promise<DaemonLink> | undefined;
  /** The client's initialize on its way: what follows it belongs to the session that it opens. */
  let initializing: Promise<void> = Promise.resolve();
  const unanswered = new Set<RequestId>();
  let allAnswered = (): void => {};

  function tell(message: JSONRPCMessage): void {
    if (!('method' in message) && message.id !== undefined) unanswered.delete(message.id);
    if (unanswered.size === 0) allAnswered();
    stdio.send(message).catch(onError);
  }

  function refuse(id: RequestId, error: unknown): void {
    const { message, remedy } = toFailure(error);
    tell({
      jsonrpc: '2.0',
      id,
      error: { code: INTERNAL_ERROR, message: [message, remedy].filter(Boolean).join(' ') },
    });
  }

  async function open(said: JSONRPCRequest | undefined, onLost: () => void): Promise<DaemonLink> {
    return openDaemonLink({
      ...(await daemon()),
      initialize: said,
      profile,
      onMessage: tell,
      onLost(requests) {
        onLost();
        for (const id of requests) refuse(id, wentAway());
      },
      onError,
    });
  }

  /** The link that is used, or a new one. */
  function linkFor(message: JSONRPCMessage): Promise<DaemonLink> {
    if (link !== undefined) return link;
    const forget = (): void => {
      if (link === opening) link = undefined;
    };
    const opening = open(isInitializeRequest(message) ? undefined : initialize, forget);
    opening.catch(forget);
    link = opening;
    return opening;
  }

  async function deliver(message: JSONRPCMessage): Promise<void> {
    try {
      await (await linkFor(message)).send(message);
    } catch (error) {
      if (!wasNotTaken(error)) throw error;
      await (await linkFor(message)).send(message);
    }
  }

  async function forward(message: JSONRPCMessage): Promise<void> {
    if (!(isInitializeRequest(message) && isJSONRPCRequest(message))) {
      await initializing;
      return deliver(message);
    }
    initialize = message;
    const delivered = deliver(message);
    initializing = delivered.catch(() => {});
    return delivered;
  }

  /** Resolves when the client has everything that it asked for, or will not wait for it. */
  async function lastAnswers(): Promise<void> {
    // A daemon that is just being started takes longer.
    await link?.catch(() => undefined);
    if (unanswered.size === 0) return;
    const patience = setTimeout(() => allAnswered(), LAST_ANSWERS_MS);
    await new Promise<void>((resolve) => {
      allAnswered = resolve;
    });
    clearTimeout(patience);
  }

  const closed = new Promise<void>((resolve) => {
    stdio.onclose = () => resolve();
    input.once('end', () => void lastAnswers().then(resolve));
    // Nobody reads any more.
    output.on('error', () => resolve());
  });
  stdio.onerror = onError;
  stdio.onmessage = (message) => {
    if (isJSONRPCRequest(message)) unanswered.add(message.id);
    forward(message).catch((error: unknown) => {
      onError(error);
      if (isJSONRPCRequest(message)) refuse(message.id, failureOf(error));
    });
  };
  await stdio.start();
  await closed;
  const last = await link?.catch(() => undefined);
  await last?.close();
  await stdio.close();
}
