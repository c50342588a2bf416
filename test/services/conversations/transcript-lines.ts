import fc from 'fast-check';

const SESSION = '11111111-1111-4111-8111-111111111111';
let lines = 0;

/** One line as Claude Code writes it, with what every message of it carries. */
export function line(more: Record<string, unknown>): string {
  lines += 1;
  return `${JSON.stringify({
    parentUuid: null,
    isSidechain: false,
    cwd: '/work',
    sessionId: SESSION,
    version: '2.1.329',
    gitBranch: 'main',
    uuid: `00000000-0000-4000-8000-${String(lines).padStart(12, '0')}`,
    timestamp: new Date(Date.UTC(2026, 10, 21) + lines * 1_000).toISOString(),
    ...more,
  })}\n`;
}

export const said = (words: string, more: Record<string, unknown> = {}): string =>
  line({ type: 'user', message: { role: 'user', content: words }, ...more });

/** One content block of an answer; blocks of one answer share its id and repeat its usage. */
export function answered(
  block: object,
  more: Record<string, unknown> = {},
  id = 'msg_1',
  output = 50,
): string {
  const usage = {
    input_tokens: 1_200,
    output_tokens: output,
    cache_read_input_tokens: 10,
    cache_creation_input_tokens: 7,
    cache_creation: { ephemeral_1h_input_tokens: 3, ephemeral_5m_input_tokens: 4 },
  };
  return line({
    type: 'assistant',
    requestId: `req_${id}`,
    message: { id, role: 'assistant', model: 'claude-opus-5-5', content: [block], usage },
    ...more,
  });
}

export const toolResult = (toolUseId: string, content: unknown, more: Record<string, unknown> = {}): string =>
  line({
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: toolUseId, content }] },
    ...more,
  });

const words = fc.oneof(
  fc.lorem({ maxCount: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '部署到生产环境之前先跑测试',
    'デプロイ',
    '👩‍👩‍👧‍👦 fin',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  ),
);
const id = fc.integer({ min: 1, max: 4 }).map((number) => `msg_${number}`);
const call = fc.integer({ min: 1, max: 3 }).map((number) => `toolu_${number}`);

/** Lines of every kind, among them broken ones, unknown ones, repeated ones and some that are too long to be read. */
export const anyLine: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: words.map((text) => said(text)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(words, id, fc.integer({ min: 1, max: 99 }))
      .map(([text, of, output]) => answered({ type: 'text', text }, {}, of, output)),
  },
  fc.tuple(words, id).map(([thinking, of]) => answered({ type: 'thinking', thinking }, {}, of)),
  fc
    .tuple(words, call, id)
    .map(([prompt, of, answer]) =>
      answered({ type: 'tool_use', id: of, name: 'Task', input: { prompt } }, {}, answer),
    ),
  fc
    .tuple(words, call, fc.boolean())
    .map(([text, of, isAgents]) =>
      toolResult(of, [{ type: 'text', text }], isAgents ? { toolUseResult: { agentId: 'a1' } } : {}),
    ),
  words.map((text) => said(text, { isSidechain: true })),
  words.map((text) => said(text, { isSidechain: true, parentUuid: '00000000-0000-4000-8000-000000000001' })),
  words.map((summary) => `${JSON.stringify({ type: 'summary', summary, leafUuid: 'x' })}\n`),
  fc.constant(line({ type: 'system', subtype: 'compact_boundary', content: 'Conversation compacted' })),
  fc.constant(said('the same line twice', { uuid: '00000000-0000-4000-8000-0000000000ff' })),
  fc.constantFrom(
    '{"type":"mode","mode":"normal"}\n',
    '{"half": \n',
    'no json\n',
    '\n',
    '[]\n',
    '{"type":"user"}\n',
  ),
  fc.integer({ min: 100, max: 6_000 }).map((length) => said('x'.repeat(length))),
);
