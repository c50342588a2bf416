import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createRandom } from '../../chaos/random.ts';

/** Words as they are used: few of them often, most of them hardly ever. */
const VOCABULARY = 60_000;
const LETTERS = 'etaoinshrdlucmfwypvbgkjqxz';

/**
 * A word of its own for every rank, the frequent ones shorter. With the space behind it a word takes 6.5 characters, as the
 * unicode61 tokenizer finds them in prose (6.5 in Markdown, 7.4 in API documentation, 8.0 in TypeScript, measured on files
 * of this project and its packages): an index costs by the word, and shorter ones would make a megabyte of two.
 */
function spell(rank: number): string {
  let word = '';
  for (let rest = rank + 30; rest > 0; rest = Math.floor(rest / 26)) word += LETTERS[rest % 26];
  return `${word}${'ion'.slice(rank % 3)}${LETTERS[(rank * 7) % 26]}`;
}
const WORDS = Array.from({ length: VOCABULARY }, (_, rank) => spell(rank));

/** By Zipf's law: the word of rank n is used about 1/n as often as the first. */
export function createWords(random: () => number) {
  const word = (): string => WORDS[Math.floor(VOCABULARY ** random()) - 1] ?? '';
  const text = (count: number): string => Array.from({ length: count }, word).join(' ');
  return { word, text };
}

/** What every line of 2.1.329 carries. */
const ENVELOPE = {
  isSidechain: false,
  promptId: 'd7703590-1494-41d0-90b4-a2c7c3ad2e42',
  userType: 'external',
  entrypoint: 'cli',
  version: '2.1.329',
  gitBranch: 'main',
};

/** Lines of a conversation with tools, in the proportions of a working session: most of it is results of tools, twice. */
function createTurns(random: () => number, sessionId: string) {
  const { text } = createWords(random);
  const between = (least: number, most: number): number => Math.floor(least + random() * (most - least));
  let lines = 0;
  let answers = 0;
  let parentUuid: string | null = null;

  function line(more: object): string {
    lines += 1;
    const uuid = `${sessionId.slice(0, 23)}-${lines.toString(16).padStart(12, '0')}`;
    const timestamp = new Date(Date.UTC(2026, 0, 1) + lines * 1_000).toISOString();
    const whole = {
      parentUuid,
      ...ENVELOPE,
      ...more,
      uuid,
      timestamp,
      cwd: '/home/person/project',
      sessionId,
    };
    parentUuid = uuid;
    return `${JSON.stringify(whole)}\n`;
  }

  function answer(id: string, block: object): string {
    const usage = {
      input_tokens: 12,
      cache_creation_input_tokens: 900,
      cache_read_input_tokens: 45_000,
      output_tokens: 300,
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
      service_tier: 'standard',
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 900 },
    };
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-5-5',
      content: [block],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage,
    };
    return line({ type: 'assistant', requestId: `req_${id}`, message });
  }

  /** From 2.1.329 on the requests to the API are written down, too: what is new in each, and what it asks for. */
  function request(result: object): string {
    const head = {
      sessionId,
      timestamp: new Date(Date.UTC(2026, 0, 1) + lines * 1_000).toISOString(),
      version: '2.1.329',
    };
    const hash = () =>
      Array.from({ length: 8 }, () =>
        between(0, 2 ** 32)
          .toString(16)
          .padStart(8, '0'),
      ).join('');
    const blob = {
      type: 'api-request-blob',
      ...head,
      hash: hash(),
      message: { role: 'user', content: [result] },
    };
    const params = {
      model: 'claude-opus-5-5',
      max_tokens: 128_000,
      betas: Array.from({ length: 9 }, () => text(4)),
      thinking: { type: 'adaptive' },
    };
    const made = {
      type: 'api-request',
      ...head,
      id: hash(),
      querySource: 'repl_main_thread',
      shapeHash: hash(),
      params,
      keep: 0,
      tail: [hash(), hash()],
    };
    return `${JSON.stringify(blob)}\n${JSON.stringify(made)}\n`;
  }

  function round(): string {
    answers += 1;
    const id = `msg_${sessionId.slice(0, 8)}_${answers}`;
    const call = `toolu_${sessionId.slice(0, 8)}_${answers}`;
    const stdout = text(between(20, 900));
    const result = { tool_use_id: call, type: 'tool_result', content: stdout, is_error: false };
    const hook = {
      type: 'hook_success',
      hookName: 'PreToolUse:Bash',
      toolUseID: call,
      hookEvent: 'PreToolUse',
      content: '',
      stdout: '{}',
      stderr: '',
      exitCode: 0,
    };
    return [
      ...(random() < 0.5
        ? [answer(id, { type: 'thinking', thinking: text(between(20, 150)), signature: 'x'.repeat(300) })]
        : []),
      ...(random() < 0.5 ? [answer(id, { type: 'text', text: text(between(10, 60)) })] : []),
      answer(id, {
        type: 'tool_use',
        id: call,
        name: random() < 0.5 ? 'Bash' : 'Read',
        input: { command: text(between(4, 30)), description: text(6) },
      }),
      line({ type: 'attachment', attachment: hook }),
      line({
        type: 'user',
        message: {
          role: 'user',
          content: [result],
        },
        toolUseResult: { stdout, stderr: '', interrupted: false, isImage: false },
      }),
      request(result),
    ].join('');
  }

  return (): string => {
    const rounds = between(2, 12);
    const prompt = line({ type: 'user', message: { role: 'user', content: text(between(5, 60)) } });
    const mode = `${JSON.stringify({ type: 'mode', mode: 'normal', sessionId })}\n`;
    return (
      prompt +
      mode +
      Array.from({ length: rounds }, round).join('') +
      answer(`msg_${sessionId.slice(0, 8)}_end_${lines}`, { type: 'text', text: text(between(20, 200)) })
    );
  };
}

/**
 * Writes transcripts below a configuration directory.
 * @returns bytes that were written
 */
export function writeTranscripts(
  configDirectory: string,
  bytes: number,
  bytesPerFile = 4 * 1024 * 1024,
): number {
  const folder = path.join(configDirectory, 'projects', '-home-person-project');
  mkdirSync(folder, { recursive: true });
  let total = 0;
  for (let number = 0; total < bytes; number += 1) {
    const sessionId = `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
    const turn = createTurns(createRandom(number).next, sessionId);
    const file = openSync(path.join(folder, `${sessionId}.jsonl`), 'w');
    try {
      for (let written = 0; written < bytesPerFile; ) {
        const count = writeSync(file, turn());
        written += count;
        total += count;
      }
    } finally {
      closeSync(file);
    }
  }
  return total;
}
