import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTurn, transcriptPath } from '../../../services/claude/transcript.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-transcript-'));
  file = path.join(directory, 'session.jsonl');
  writeFileSync(file, '');
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const prompt = (text: string, more = {}) =>
  line({ type: 'user', message: { role: 'user', content: text }, ...more });
const text = (words: string, stop_reason: string | null, id = 'msg_1', more = {}) =>
  line({
    type: 'assistant',
    message: { id, content: [{ type: 'text', text: words }], stop_reason },
    ...more,
  });
const toolUse = (id = 'msg_1') =>
  line({
    type: 'assistant',
    message: {
      id,
      content: [{ type: 'tool_use', id: 't', name: 'Bash', input: {} }],
      stop_reason: 'tool_use',
    },
  });
const toolResult = () =>
  line({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't', content: 'out' }] } });
const noise = () =>
  line({ type: 'attachment', attachment: { type: 'x' } }) +
  line({ type: 'file-history-snapshot' }) +
  line({ type: 'api-request', body: '"type":"user"' });
const interruption = () =>
  line({
    type: 'user',
    message: { content: [{ type: 'text', text: '[Request interrupted by user for tool use]' }] },
  });

function read(words = 'do it') {
  return readTurn(file, { prompt: words });
}

describe('readTurn', () => {
  it('finds nothing in a file that is not there, is empty, or holds another prompt', async () => {
    const none = { found: false, ended: false, interrupted: false, error: null, lastAssistantMessage: null };
    expect(await readTurn(path.join(directory, 'none.jsonl'), { prompt: 'x' })).toEqual(none);
    expect(await read()).toEqual(none);
    appendFileSync(file, prompt('another') + text('answer', 'end_turn'));
    expect(await read()).toEqual(none);
  });

  it('follows a turn through tools to its last words', async () => {
    appendFileSync(
      file,
      prompt('earlier') + text('earlier answer', 'end_turn', 'msg_0') + prompt('do it') + noise(),
    );
    expect(await read()).toMatchObject({ found: true, ended: false, lastAssistantMessage: null });
    appendFileSync(file, text('I will use a tool.', 'tool_use') + toolUse());
    expect(await read()).toMatchObject({ ended: false });
    appendFileSync(file, toolResult() + noise() + text('  the answer\n', 'end_turn', 'msg_2') + noise());
    expect(await read()).toEqual({
      found: true,
      ended: true,
      interrupted: false,
      error: null,
      lastAssistantMessage: 'the answer',
    });
  });

  it('passes over half a line until it is whole', async () => {
    const last = text('whole', 'end_turn');
    appendFileSync(file, prompt('do it') + last.slice(0, 40));
    expect(await read()).toMatchObject({ found: true, ended: false });
    appendFileSync(file, last.slice(40));
    expect(await read()).toMatchObject({ ended: true, lastAssistantMessage: 'whole' });
  });

  it('takes lines of any length, and lines that are no JSON', async () => {
    const long = 'x'.repeat(300_000);
    appendFileSync(file, `{"type":"user" broken\n\n${prompt('do it')}${text(long, 'end_turn')}`);
    expect((await read()).lastAssistantMessage).toBe(long);
  });

  it('takes the last of several texts in one message, as the Stop hook does', async () => {
    appendFileSync(file, prompt('do it') + text('one', 'end_turn') + text('two', 'end_turn'));
    expect(await read()).toMatchObject({ ended: true, lastAssistantMessage: 'two' });
  });

  it.each([
    ['an interrupt', () => text('half an', null) + interruption(), { ended: true, interrupted: true }],
    [
      'an API error',
      () => text('API Error: 400', 'stop_sequence', 'e', { isApiErrorMessage: true }),
      { ended: true, error: 'API Error: 400', lastAssistantMessage: null },
    ],
    [
      'an API error after which the model was asked again',
      () =>
        text('API Error: 529', 'stop_sequence', 'e', { isApiErrorMessage: true }) +
        text('done', 'end_turn', 'm'),
      { ended: true, error: null, lastAssistantMessage: 'done' },
    ],
    [
      'a version that writes no stop reason',
      () => text('done', null) + line({ type: 'system', subtype: 'turn_duration' }),
      { ended: true },
    ],
    [
      'a subagent at work',
      () => text('from a subagent', 'end_turn', 's', { isSidechain: true }),
      { ended: false, lastAssistantMessage: null },
    ],
    ['a note of Claude Code', () => prompt('<local-command-stdout>', { isMeta: true }), { ended: false }],
    [
      'a compaction in mid-turn (2.1.329)',
      () =>
        text('I will use a tool.', 'tool_use') +
        toolUse() +
        toolResult() +
        line({ type: 'system', subtype: 'compact_boundary' }) +
        prompt('This session is being continued from a previous conversation', { isCompactSummary: true }) +
        prompt('<command-name>/compact</command-name>') +
        prompt('<local-command-stdout>Compacted</local-command-stdout>') +
        text('the whole answer', 'end_turn', 'msg_2'),
      { ended: true, interrupted: false, lastAssistantMessage: 'the whole answer' },
    ],
    [
      'a compaction in mid-turn, as long as the turn goes on',
      () =>
        toolUse() +
        toolResult() +
        prompt('This session is being continued', { isCompactSummary: true }) +
        text('half an answer', 'tool_use', 'msg_2'),
      { ended: false, interrupted: false },
    ],
    [
      "a person's command after it, with an answer of its own",
      () =>
        text('mine', 'end_turn') +
        prompt('<command-message>review</command-message>\n<command-name>/review</command-name>') +
        prompt('Review it.', { isMeta: true }) +
        text('not mine', 'end_turn'),
      { ended: true, lastAssistantMessage: 'mine' },
    ],
    [
      'the next prompt',
      () => text('mine', 'end_turn') + prompt('next') + text('not mine', 'end_turn'),
      { ended: true, lastAssistantMessage: 'mine' },
    ],
  ])('%s', async (_, lines, expected) => {
    appendFileSync(file, prompt('do it') + lines());
    expect(await read()).toMatchObject({ found: true, ...expected });
  });

  it('takes the last turn of those that began with the same words', async () => {
    appendFileSync(file, prompt('do it') + text('first', 'end_turn') + prompt('do it') + noise());
    expect(await read()).toMatchObject({ found: true, ended: false, lastAssistantMessage: null });
  });

  it('finds a prompt that was taken for a paste', async () => {
    appendFileSync(file, prompt('\n\n<pasted_content id="1a">\n/do it\n\n\n\n</pasted_content id="1a">\n'));
    expect(await read('/do it')).toMatchObject({ found: true });
  });

  it('tells a turn from an earlier one that began with the same words', async () => {
    appendFileSync(file, prompt('do it') + text('first', 'end_turn'));
    const afterOffset = statSync(file).size;
    const later = () => readTurn(file, { prompt: 'do it', afterOffset });
    expect(await later()).toMatchObject({ found: false });
    appendFileSync(file, prompt('do it'));
    expect(await later()).toMatchObject({ found: true, ended: false, lastAssistantMessage: null });
    appendFileSync(file, text('second', 'end_turn'));
    expect(await later()).toMatchObject({ found: true, ended: true, lastAssistantMessage: 'second' });
  });
});

it('names the transcript as Claude Code does', () => {
  expect(transcriptPath({ configDirectory: '/home/x/.claude', cwd: '/tmp/a_b.c/é d', sessionId: 'id' })).toBe(
    '/home/x/.claude/projects/-tmp-a-b-c---d/id.jsonl',
  );
});
