import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { z } from 'zod';

const Body = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  max_tokens: z.number().optional(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).default([]),
  input: z.array(z.string()).default([]),
});
export type StubRequest = z.infer<typeof Body> & { readonly headers: IncomingMessage['headers'] };

/** What the stub does with one request. */
export type StubReply =
  | { readonly say: string; readonly finish?: string; readonly usage?: unknown; readonly wordMs?: number }
  | { readonly status: number; readonly message?: string; readonly headers?: Record<string, string> }
  /** So many words, then the connection is cut; or the stream ends as if that were all. */
  | { readonly cutAfter: number; readonly how: 'cut' | 'end' }
  /** These pieces; `hang`: nothing more comes, and nobody says that it is over. */
  | { readonly pieces: readonly string[]; readonly ends: 'done' | 'cut' | 'hang' }
  | { readonly vectors: readonly (readonly number[])[] }
  | { readonly hang: true }
  /** As the body of a stream, for ever. */
  | { readonly endless: string };

const TOKENS = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

function chunk(response: ServerResponse, data: object): void {
  response.write(
    `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', ...data })}\n\n`,
  );
}

async function stream(response: ServerResponse, words: readonly string[], wordMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of words) {
    chunk(response, { choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] });
    await new Promise((resolve) => setTimeout(resolve, wordMs));
    if (response.destroyed) return;
  }
}

function end(
  response: ServerResponse,
  { finish = 'stop', usage = TOKENS }: { readonly finish?: string; readonly usage?: unknown },
): void {
  chunk(response, { choices: [{ index: 0, delta: {}, finish_reason: finish }] });
  if (usage !== false) chunk(response, { choices: [], usage });
  response.end('data: [DONE]\n\n');
}

async function reply(response: ServerResponse, does: StubReply): Promise<void> {
  if ('hang' in does) return;
  if ('endless' in does) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const more = (): void => {
      while (!response.destroyed && response.write(does.endless)) {}
    };
    response.on('drain', more);
    return more();
  }
  if ('status' in does) {
    response.writeHead(does.status, { 'content-type': 'application/json', ...does.headers });
    return void response.end(
      JSON.stringify({ error: { message: does.message ?? `stub ${does.status}`, type: 'stub' } }),
    );
  }
  if ('vectors' in does) {
    const data = does.vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
    response.writeHead(200, { 'content-type': 'application/json' });
    // Not in their order, as the API allows.
    return void response.end(
      JSON.stringify({
        object: 'list',
        model: 'e',
        data: data.reverse(),
        usage: { prompt_tokens: 7, total_tokens: 7 },
      }),
    );
  }
  if ('pieces' in does) {
    await stream(response, does.pieces, 0);
    if (does.ends === 'cut') response.destroy();
    return does.ends === 'done' ? end(response, {}) : undefined;
  }
  if ('cutAfter' in does) {
    await stream(
      response,
      Array.from({ length: does.cutAfter }, (_, index) => `word${index} `),
      1,
    );
    return void (does.how === 'cut' ? response.destroy() : response.end());
  }
  await stream(response, does.say.split(/(?<=\s)/), does.wordMs ?? 1);
  end(response, does);
}

/** Something on loopback that speaks as OpenAI's API does, and does with each request what `decide` says. */
export async function startOpenAiStub(decide: (request: StubRequest, number: number) => StubReply) {
  const requests: StubRequest[] = [];
  let callersGone = 0;
  const server = createServer((request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) callersGone += 1;
    });
    const answer = async (): Promise<void> => {
      const body = Body.parse(await readJson(request));
      requests.push({ ...body, headers: request.headers });
      await reply(response, decide({ ...body, headers: request.headers }, requests.length));
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests: () => requests,
    /** Callers who went away before they were answered. */
    callersGone: () => callersGone,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
