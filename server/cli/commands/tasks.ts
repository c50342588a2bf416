import { z } from 'zod';
import { TaskView } from '../../../actors/mission/views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import type { Command, ParsedCommand } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { safeJson } from '../safe-text.ts';
import { submitInput, submitOptions } from '../submit-options.ts';
import { restOfResult } from '../whole-result.ts';
import { taskTable } from './slots.ts';

const SECOND_MS = 1_000;
const Answer = z.looseObject({
  taskId: z.string(),
  answer: z.string(),
  nextOffset: z.number().optional(),
  hint: z.string().optional(),
});
const JsonObject = z.record(z.string(), z.unknown());

/** Either a role or a slot says who does the work. */
function target({ values }: ParsedCommand): Record<string, unknown> {
  const { role, slot } = values;
  if (role === undefined && slot === undefined) {
    throw new MissionError('input_invalid', 'Say who should do it.', {
      remedy: 'Use --role ROLE or --slot SLOT; `missiond slots` lists them.',
    });
  }
  return { ...(role === undefined ? {} : { role }), ...(slot === undefined ? {} : { slotId: slot }) };
}

export const submit: Command = {
  name: 'submit',
  agents: 'nothing',
  summary: 'queue a task',
  usage: '(--role ROLE | --slot SLOT) [OPTIONS] PROMPT',
  options: {
    role: { type: 'string', short: 'r', help: 'who should do it' },
    slot: { type: 'string', short: 's', help: 'only this slot may do it' },
    ...submitOptions,
  },
  words: [1, 1],
  async run(parsed, { call, print }) {
    const input = { ...target(parsed), ...submitInput(parsed), prompt: parsed.positionals[0] };
    const output = z
      .looseObject({ taskId: z.string(), slotId: z.string().optional(), hint: z.string().optional() })
      .parse(await call('mission_submit', input));
    print(
      output,
      () =>
        `${output.taskId}\n${output.slotId === undefined ? (output.hint ?? '') : `given to ${output.slotId}`}\n`,
    );
    return 0;
  },
};

export const ask: Command = {
  name: 'ask',
  agents: 'nothing',
  summary: 'give a question to a role and wait for the answer',
  usage: '--role ROLE [--timeout SECONDS] QUESTION',
  options: {
    role: { type: 'string', short: 'r', help: 'who should answer' },
    timeout: {
      type: 'string',
      short: 't',
      help: 'how long to wait, in seconds (default 120); the work goes on afterwards',
    },
  },
  words: [1, 1],
  async run(parsed, { call, print }) {
    const { role } = parsed.values;
    if (role === undefined)
      throw new MissionError('input_invalid', 'Say who should answer.', {
        remedy: 'Use --role ROLE; `missiond slots` lists them.',
      });
    const seconds = numberOf(parsed, 'timeout', { whole: false });
    const {
      nextOffset,
      hint: _,
      ...output
    } = Answer.parse(
      await call('mission_ask', {
        role,
        question: parsed.positionals[0],
        ...(seconds === undefined ? {} : { timeoutMs: Math.ceil(seconds * SECOND_MS) }),
      }),
    );
    output.answer += await restOfResult(call, { taskId: output.taskId, nextOffset });
    print(output, () => `${output.answer}\n`);
    return 0;
  },
};

export const tasks: Command = {
  name: 'tasks',
  agents: 'all',
  summary: 'the queue, newest first',
  usage: '[--status STATUS] [--limit N]',
  options: {
    status: { type: 'string', help: 'queued, delivering, running, waiting, done, failed or cancelled' },
    limit: { type: 'string', help: 'how many (default 20)' },
  },
  words: [0, 0],
  async run(parsed, { call, print }) {
    const { status } = parsed.values;
    const limit = numberOf(parsed, 'limit', { whole: true });
    const input = { ...(status === undefined ? {} : { status }), ...(limit === undefined ? {} : { limit }) };
    const output = z.object({ tasks: z.array(TaskView) }).parse(await call('mission_task', input));
    print(output, () => taskTable(output.tasks));
    return 0;
  },
};

/** @throws MissionError `input_invalid` */
function readInput(tool: string, text: string): Record<string, unknown> {
  try {
    return JsonObject.parse(JSON.parse(text));
  } catch (cause) {
    throw new MissionError(
      'input_invalid',
      `${text} is ${cause instanceof SyntaxError ? 'not JSON' : 'no JSON object'}.`,
      { remedy: `Quote it: missiond call ${tool} '{"slotId": "coder-1"}'.`, cause },
    );
  }
}

export const call: Command = {
  name: 'call',
  agents: 'nothing',
  summary: 'perform any operation by its tool name',
  usage: 'TOOL [JSON]',
  options: {},
  words: [1, 2],
  async run({ positionals: [tool, text] }, context) {
    const output = await context.call(tool ?? '', readInput(tool ?? '', text ?? '{}'));
    context.print(output, () => `${safeJson(output, 2)}\n`);
    return 0;
  },
};
