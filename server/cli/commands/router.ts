import { MissionError } from '../../../services/errors/mission-error.ts';
import { routerChat, routerChatHistory, routerStatus } from '../../tools/router.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { safeText } from '../safe-text.ts';
import { table } from '../table.ts';

const USAGE = 'status | chat [--task T] [--context C] [--model M] WORDS… | history TASK';

async function status({ call, print }: CommandContext): Promise<number> {
  const output = routerStatus.output.parse(await call(routerStatus.name));
  const budget = output.dailyBudgetUsd === undefined ? '' : ` of $${output.dailyBudgetUsd.toFixed(2)}`;
  const { unknown } = output;
  const killed =
    unknown === undefined
      ? ''
      : `$${unknown.usd.toFixed(4)} of it for ${unknown.calls} ${unknown.calls === 1 ? 'call' : 'calls'} over which the daemon was killed: unknown whether paid.\n`;
  const rows = output.backends.map(({ name, type, baseUrl, models, running, problem }) => [
    name,
    type,
    baseUrl,
    models.length === 0 ? 'any' : models.join(', '),
    String(running),
    problem ?? '',
  ]);
  print(
    output,
    () =>
      (output.problem === undefined ? '' : `${output.problem}\n`) +
      (rows.length === 0
        ? 'No backend is configured: write router.yaml or credentials.json.\n'
        : table(['BACKEND', 'TYPE', 'ADDRESS', 'MODELS', 'RUNNING', 'PROBLEM'], rows)) +
      `Spent on ${output.day}: $${output.spentUsd.toFixed(4)}${budget}\n${killed}`,
  );
  return 0;
}

/** Prints an answer as it comes. */
async function sayWhileMade(
  input: Readonly<Record<string, unknown>>,
  { hear, stdout, stderr }: CommandContext,
): Promise<unknown> {
  let isMidLine = false;
  const endLine = (): void => {
    if (isMidLine) stdout.write('\n');
    isMidLine = false;
  };
  try {
    return await hear(routerChat.name, input, (said) => {
      if (said.type === 'words') {
        stdout.write(safeText(said.text));
        isMidLine = true;
      } else {
        endLine();
        stderr.write('missiond: this backend failed; another one begins anew.\n');
      }
    });
  } finally {
    endLine();
  }
}

async function chat(
  words: readonly string[],
  { values }: ParsedCommand,
  context: CommandContext,
): Promise<number> {
  const { call, print, json, stdout, stderr } = context;
  const named = { task_id: values['task'], context: values['context'], model: values['model'] };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  const input = {
    messages: [{ role: 'user', content: words.join(' ') }],
    ...Object.fromEntries(given),
  };
  // What is piped, or read by a program, holds one answer, and nothing of one that another backend began anew.
  const isRead = stdout.isTTY === true && !json;
  const answer = isRead ? await sayWhileMade(input, context) : await call(routerChat.name, input);
  const output = routerChat.output.parse(answer);
  if (!isRead) print(output, () => `${output.response}\n`);
  if (output.warning !== undefined) stderr.write(`missiond: ${output.warning}\n`);
  return 0;
}

async function history(taskId: string, { call, print }: CommandContext): Promise<number> {
  const output = routerChatHistory.output.parse(await call(routerChatHistory.name, { task_id: taskId }));
  const { omitted, messages } = output;
  const older =
    omitted === 0
      ? ''
      : `${omitted} older questions are left out: missiond call mission_router_chat_history with "before": ${messages[0]?.turn}.\n\n`;
  print(
    output,
    () =>
      older +
      messages
        .map(({ role, content, at, model, status: state, error }) => {
          const more = [model, state === 'answered' ? undefined : state, error].filter(
            (word) => word !== undefined,
          );
          return `${new Date(at).toISOString()} ${role}${more.length === 0 ? '' : ` (${more.join(', ')})`}\n${content}\n`;
        })
        .join('\n'),
  );
  return 0;
}

export const router: Command = {
  name: 'router',
  agents: ['', 'status'],
  summary: 'the language models that the router asks, and what they cost today; or ask one',
  usage: USAGE,
  options: {
    task: { type: 'string', help: 'a board task: what was said about it goes along, and this is kept' },
    context: { type: 'string', help: 'board, kb or both: put beside the question' },
    model: { type: 'string', help: 'another than the first one' },
  },
  words: [0, Number.POSITIVE_INFINITY],
  async run(parsed, context) {
    const [verb = 'status', ...words] = parsed.positionals;
    const [taskId] = words;
    if (verb === 'status' && words.length === 0) return status(context);
    if (verb === 'chat' && words.length > 0) return chat(words, parsed, context);
    if (verb === 'history' && taskId !== undefined && words.length === 1) return history(taskId, context);
    throw new MissionError(
      'input_invalid',
      `missiond router does not understand "${parsed.positionals.join(' ')}".`,
      { remedy: `Usage: missiond router ${USAGE}` },
    );
  },
};
