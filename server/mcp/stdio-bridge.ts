import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  isInitializeRequest,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { toFailure } from '../../services/errors/mission-error.ts';

/** JSON-RPC's code for a failure of the server. */
const INTERNAL_ERROR = -32603;
/** How the bridge's own initialize is told apart from the client's requests. */
const OWN_INITIALIZE = 'missiond-bridge-initialize';

export interface BridgeOptions {
  /** Finds or starts the daemon. Asked again when it has gone. */
  readonly daemon: () => Promise<{ readonly port: number; readonly token: string }>;
  readonly onError: (error: unknown) => void;
}

function isGone(error: unknown): boolean {
  // 404: the daemon was restarted and knows no session; anything else without a status: nobody answers.
  return error instanceof StreamableHTTPError ? error.code === 404 : error instanceof TypeError;
}

/**
 * Passes MCP messages between stdin/stdout and the daemon's `/mcp`. A daemon that was restarted is initialised anew
 * with what the client had said, and the request is sent again: the client does not notice.
 * @returns when the client has gone
 */
export async function runStdioBridge({ daemon, onError }: BridgeOptions): Promise<void> {
  const stdio = new StdioServerTransport();
  let initialize: JSONRPCRequest | undefined;
  let http: Promise<StreamableHTTPClientTransport> | undefined;

  async function open(reinitialize: boolean): Promise<StreamableHTTPClientTransport> {
    const { port, token } = await daemon();
    const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    });
    let initialised: (() => void) | undefined;
    transport.onmessage = (message) => {
      if ('id' in message && message.id === OWN_INITIALIZE) initialised?.();
      else stdio.send(message).catch(onError);
    };
    transport.onerror = onError;
    await transport.start();
    if (reinitialize && initialize !== undefined) {
      const answered = new Promise<void>((resolve) => {
        initialised = resolve;
      });
      await transport.send({ ...initialize, id: OWN_INITIALIZE });
      await answered;
      await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    }
    return transport;
  }

  async function forward(message: JSONRPCMessage): Promise<void> {
    if (isInitializeRequest(message) && isJSONRPCRequest(message)) initialize = message;
    http ??= open(false);
    try {
      await (await http).send(message);
    } catch (error) {
      if (!isGone(error)) throw error;
      http = open(!isInitializeRequest(message));
      await (await http).send(message);
    }
  }

  const closed = new Promise<void>((resolve) => {
    stdio.onclose = () => resolve();
    process.stdin.once('end', () => resolve());
  });
  stdio.onmessage = (message) => {
    forward(message).catch((error: unknown) => {
      onError(error);
      http = undefined;
      if (!isJSONRPCRequest(message)) return;
      const { message: words, remedy } = toFailure(error);
      stdio
        .send({
          jsonrpc: '2.0',
          id: message.id,
          error: { code: INTERNAL_ERROR, message: [words, remedy].filter(Boolean).join(' ') },
        })
        .catch(onError);
    });
  };
  await stdio.start();
  await closed;
  const transport = await http?.catch(() => undefined);
  await transport?.terminateSession().catch(() => {});
  await transport?.close();
  await stdio.close();
}
