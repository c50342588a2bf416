import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ScriptedModel,
  type ScriptedModelEvent,
  startScriptedModel,
} from '../../../services/scripted-model/start-scripted-model.ts';

let model: ScriptedModel;

beforeEach(async () => {
  model = await startScriptedModel();
});
afterEach(async () => {
  await model.close();
});

const TOOLS = [{ name: 'Bash' }];

function post(messages: readonly unknown[], more: Record<string, unknown> = {}, signal?: AbortSignal) {
  return fetch(`${model.url}/v1/messages?beta=true`, {
    method: 'POST',
    body: JSON.stringify({ model: 'claude-test', tools: TOOLS, messages, ...more }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function user(content: unknown) {
  return { role: 'user', content };
}

async function say(prompt: string, more: Record<string, unknown> = {}): Promise<unknown> {
  return await (await post([user(prompt)], more)).json();
}

const TOOL_ROUND = [
  { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'Bash', input: {} }] },
  user([{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'README.md' }] }]),
];

describe('what the scripted model answers', () => {
  it.each([
    ['say: hello\nworld', [{ type: 'text', text: 'hello\nworld' }]],
    ['slow: 3', [{ type: 'text', text: 'word0 word1 word2' }]],
    [
      'texts: ["a", "b"]',
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    ],
    ['anything else', [{ type: 'text', text: 'You said: anything else' }]],
    ['tool: Bash not json', [{ type: 'text', text: 'The script has no readable input for Bash.' }]],
  ])('%s', async (prompt, content) => {
    expect(await say(prompt)).toMatchObject({ role: 'assistant', content, stop_reason: 'end_turn' });
  });

  it('uses a tool, then tells its result', async () => {
    const prompt = 'tool: Bash {"command": "ls"}';
    expect(await say(prompt)).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'text' },
        { type: 'tool_use', name: 'Bash', input: { command: 'ls' }, id: expect.any(String) },
      ],
    });
    const after = await post([user(prompt), ...TOOL_ROUND]);
    expect(await after.json()).toMatchObject({ content: [{ text: 'tool finished: README.md' }] });
  });

  it('tells a refusal of a tool as a refusal', async () => {
    const refusal = [{ type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'the rules say no' }];
    const reply = await post([user('tool: Bash {}'), TOOL_ROUND[0], user(refusal)]);
    expect(await reply.json()).toMatchObject({ content: [{ text: 'tool refused: the rules say no' }] });
  });

  it('begins anew when words follow a refused tool in the same message', async () => {
    const mixed = [
      { type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'rejected' },
      { type: 'text', text: '[Request interrupted by user for tool use]' },
      { type: 'text', text: 'say: next' },
    ];
    const reply = await post([user('tool: Bash {}'), TOOL_ROUND[0], user(mixed)]);
    expect(await reply.json()).toMatchObject({ content: [{ text: 'next' }] });
  });

  it('goes through the steps of one prompt, one for each round of tools', async () => {
    const prompt =
      'tool: Bash {"command": "ls"}\nthen tools: [["Read", {"file_path": "x"}]]\nthen say: found {result}.';
    const second = await post([user(prompt), ...TOOL_ROUND]);
    expect(await second.json()).toMatchObject({ content: [{ type: 'tool_use', name: 'Read' }] });
    const third = await post([user(prompt), ...TOOL_ROUND, ...TOOL_ROUND]);
    expect(await third.json()).toMatchObject({ content: [{ text: 'found tool finished: README.md.' }] });
  });

  it.each([
    ['error: 400', 400, 'api_error'],
    ['error: 429', 429, 'rate_limit_error'],
    ['error: 529', 529, 'overloaded_error'],
  ])('%s', async (prompt, status, type) => {
    const response = await post([user(prompt)]);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type } });
  });

  it('recovers after the failures that were asked for', async () => {
    const statuses = [];
    for (let round = 0; round < 3; round++) statuses.push((await post([user('flaky: 529 2')])).status);
    expect(statuses).toEqual([529, 529, 200]);
  });

  it('reports the usage that was asked for, from then on', async () => {
    expect(await say('usage: 190000')).toMatchObject({ usage: { input_tokens: 190_000 } });
    expect(await say('say: x')).toMatchObject({ usage: { input_tokens: 190_000 } });
  });

  it('hangs until the client goes away', async () => {
    const leave = new AbortController();
    const events: ScriptedModelEvent[] = [];
    model.events.on('event', (event) => {
      events.push(event);
      leave.abort();
    });
    await expect(post([user('hang')], {}, leave.signal)).rejects.toThrow('abort');
    expect(events.map(({ type }) => type)).toEqual(['request']);
  });
});

describe('what it takes for the conversation', () => {
  it('answers side requests without counting them', async () => {
    expect(await say('hello', { tools: [], system: 'Write a title' })).toMatchObject({
      content: [{ text: '{"title":"Scripted session","isNewTopic":true}' }],
    });
    expect(await say('[SUGGESTION MODE: suggest]')).toMatchObject({
      content: [{ text: 'run the tests' }],
    });
    expect(model.requests()).toEqual([]);
  });

  it('reads the person’s words beside notes and out of a paste', async () => {
    await post([
      user([
        { type: 'text', text: '<system-reminder>a note</system-reminder>' },
        { type: 'text', text: '\n\n<pasted_content id="1a">\nsay: pasted\n</pasted_content id="1a">\n' },
      ]),
    ]);
    expect(model.requests().map(({ prompt }) => prompt)).toEqual(['say: pasted']);
  });

  it('streams word by word and announces every step', async () => {
    const steps: string[] = [];
    model.events.on('event', ({ type, detail }) =>
      steps.push(detail === undefined ? type : `${type} ${detail}`),
    );
    const response = await post([user('tool: Read {"file_path": "a"}')], { stream: true });
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(text.match(/^event: .*/gm)?.at(0)).toBe('event: message_start');
    expect(text.match(/^event: .*/gm)?.at(-1)).toBe('event: message_stop');
    expect(text).toContain('"partial_json":"{\\"file_path\\":\\"a\\"}"');
    expect(steps).toEqual(['request', 'text I will use a tool.', 'tool_use Read', 'stop tool_use']);
  });

  it('refuses what is no request', async () => {
    const response = await fetch(`${model.url}/v1/messages`, { method: 'POST', body: '{"messages": 7}' });
    expect(response.status).toBe(400);
  });
});
