import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import {
  answerSideRequest,
  isCompaction,
  isSideRequest,
  MessagesRequest,
  readTurn,
  type Turn,
} from './conversation.ts';
import { decideReply, type Reply, usageAsked } from './script.ts';
import {
  messageHead,
  OUTPUT_AT_FIRST,
  type ReportedUsage,
  type StreamOptions,
  stopReason,
  streamReply,
  toolUseId,
} from './stream-reply.ts';

/** What the model does, as it happens. Side requests are not announced. */
export interface ScriptedModelEvent {
  readonly type: 'request' | 'thinking' | 'text' | 'tool_use' | 'stop' | 'error';
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The person's last words, as in `ScriptedRequest`: they tell a sub-agent's requests from the conversation's. */
  readonly prompt: string;
  /** How the text begins, of `text`; the tool, of `tool_use`; the stop reason, or `gone` when the client left, of `stop`. */
  readonly detail?: string;
}

/** A request of the conversation, as the model received it. */
export interface ScriptedRequest {
  readonly id: number;
  readonly at: number;
  /** The person's last words, without the wrapping of pasted text. */
  readonly prompt: string;
  readonly results: Turn['results'];
  readonly body: MessagesRequest;
}

/** An answer, and what it was said to have used: of one that was cut off only what was said at its beginning. */
export interface ScriptedAnswer {
  /** `side`: Claude Code's own request (a title, a suggestion); `summary`: for a compaction. Neither is a message. */
  readonly kind: 'message' | 'summary' | 'side';
  readonly usage: ReportedUsage;
}

export interface ScriptedModel {
  /** What `ANTHROPIC_BASE_URL` is set to. */
  readonly url: string;
  readonly port: number;
  readonly events: EventEmitter<{ event: [ScriptedModelEvent] }>;
  requests(): readonly ScriptedRequest[];
  answers(): readonly ScriptedAnswer[];
  close(): Promise<void>;
}

/** What is reported until a `usage:` prompt says otherwise. */
const USUAL_INPUT_TOKENS = 1_200;
const USUAL_OUTPUT_TOKENS = 50;

/** How the official SDK names itself; Claude Code has a name of its own. Its requests need no tools to be a conversation. */
const SDK = /^Anthropic\/JS /;

const ERROR_TYPES: Readonly<Record<number, string>> = { 429: 'rate_limit_error', 529: 'overloaded_error' };

function kindOf(isSide: boolean, turn: Turn): ScriptedAnswer['kind'] {
  if (isSide) return 'side';
  return isCompaction(turn) ? 'summary' : 'message';
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/**
 * Starts a stand-in for the Messages API on loopback, so that a real Claude Code works without account and network.
 * The person's words say what it answers: see `decideReply`. `port` 0 takes any.
 * @param options.usageOf what the answer to a request of this number is said to have used, in place of the usual; it is
 * told the input tokens that `usage:` prompts ask for
 */
export async function startScriptedModel(
  options: {
    readonly port?: number;
    readonly usageOf?: (id: number, inputTokens: number) => ReportedUsage;
    /** What it does before the words say so, by the turn and by all that it was told; null: as the words say. */
    readonly script?: (turn: Turn, request: MessagesRequest) => Reply | null;
  } = {},
): Promise<ScriptedModel> {
  const events: ScriptedModel['events'] = new EventEmitter();
  const heard: ScriptedRequest[] = [];
  const answered: ScriptedAnswer[] = [];
  const failed = new Map<string, number>();
  let inputTokens = USUAL_INPUT_TOKENS;
  let lastId = 0;

  async function answer(response: ServerResponse, body: MessagesRequest, isSdk: boolean): Promise<void> {
    lastId += 1;
    const id = lastId;
    const turn = readTurn(body);
    const side = !isSdk && isSideRequest(body, turn);
    const announce = (type: ScriptedModelEvent['type'], detail?: string) => {
      if (side) return;
      const event = { type, id, at: Date.now(), prompt: turn.prompt };
      events.emit('event', detail === undefined ? event : { ...event, detail });
    };
    if (!side) heard.push({ id, at: Date.now(), prompt: turn.prompt, results: turn.results, body });
    announce('request');
    inputTokens = usageAsked(turn.prompt) ?? inputTokens;

    const fail = (status: number) => {
      announce('error', String(status));
      const error = { type: ERROR_TYPES[status] ?? 'api_error', message: `scripted ${status}` };
      sendJson(response, status, { type: 'error', error });
    };
    let reply: Reply = side
      ? { kind: 'blocks', blocks: [{ type: 'text', text: answerSideRequest(body, turn) }], wordMs: 0 }
      : (options.script?.(turn, body) ?? decideReply(turn));
    if (reply.kind === 'hang') return;
    if (reply.kind === 'error') return fail(reply.status);
    if (reply.kind === 'flaky') {
      const failures = failed.get(turn.prompt) ?? 0;
      failed.set(turn.prompt, failures + 1);
      if (failures < reply.failures) return fail(reply.status);
      failed.delete(turn.prompt);
      reply = { kind: 'blocks', blocks: [{ type: 'text', text: 'recovered' }], wordMs: 0 };
    }

    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const usage = options.usageOf?.(id, inputTokens) ?? {
      input: inputTokens,
      output: USUAL_OUTPUT_TOKENS,
      cacheRead: 0,
      cacheWrite: 0,
    };
    const stream: StreamOptions = {
      id,
      model: body.model,
      usage,
      wordMs: reply.wordMs,
      onStep: (step) => announce(step.type, step.detail),
      signal: gone.signal,
    };
    let isWhole = true;
    if (body.stream) {
      isWhole = await streamReply(response, reply.blocks, stream);
    } else {
      const content = reply.blocks.map((block, index) =>
        block.type === 'tool_use' ? { ...block, id: toolUseId(id, index) } : block,
      );
      sendJson(response, 200, { ...messageHead(stream), content, stop_reason: stopReason(reply.blocks) });
    }
    const said = isWhole ? usage : { ...usage, output: OUTPUT_AT_FIRST };
    answered.push({ kind: kindOf(side, turn), usage: said });
    announce('stop', gone.signal.aborted && !response.writableFinished ? 'gone' : stopReason(reply.blocks));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (request.method !== 'POST' || !path.startsWith('/v1/messages')) return sendJson(response, 200, {});
    const body = MessagesRequest.safeParse(await readJson(request));
    if (!body.success) return sendJson(response, 400, { type: 'error', error: { type: 'invalid_request' } });
    if (path.includes('count_tokens')) return sendJson(response, 200, { input_tokens: inputTokens });
    await answer(response, body.data, SDK.test(request.headers['user-agent'] ?? ''));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    events,
    requests: () => heard,
    answers: () => answered,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
