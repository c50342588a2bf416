import { MissionError } from '../errors/mission-error.ts';
import { splitPattern } from './tool-pattern.ts';

/** The field that says what a call is about, for tools that are described by it alone. */
const FIELDS: Readonly<Record<string, string>> = {
  Bash: 'command',
  Read: 'file_path',
  Edit: 'file_path',
  Write: 'file_path',
  MultiEdit: 'file_path',
  NotebookEdit: 'notebook_path',
  NotebookRead: 'notebook_path',
  LS: 'path',
  Grep: 'path',
  Glob: 'path',
  WebFetch: 'url',
  WebSearch: 'query',
};

export interface DescribedCall {
  readonly tool: string;
  readonly input: unknown;
}

function inputOf(tool: string, argument: string): unknown {
  const field = Object.hasOwn(FIELDS, tool) ? FIELDS[tool] : undefined;
  if (field !== undefined) return { [field]: argument };
  try {
    return JSON.parse(argument);
  } catch (cause) {
    throw new MissionError('input_invalid', `${JSON.stringify(argument)} is no input of ${tool}.`, {
      remedy: `Give its input as JSON: ${tool}({"name": "value"}).`,
      cause,
    });
  }
}

/**
 * Reads a tool call as people write it: `Bash(git push --force)`, `Edit(src/a.ts)`, `mcp__github__search({"q": "x"})`,
 * `TodoWrite`.
 * @throws MissionError `input_invalid`
 */
export function describedCall(text: string): DescribedCall {
  const { tool } = splitPattern(text.trim());
  const argument = text.trim().slice(tool.length + 1, -1);
  if (!/^[A-Za-z_][\w-]*$/.test(tool)) {
    throw new MissionError('input_invalid', `${JSON.stringify(text)} is no tool call.`, {
      remedy: "Write it as 'Bash(git push)', 'Edit(src/a.ts)' or 'WebFetch(https://example.org)'.",
    });
  }
  return { tool, input: argument === '' ? {} : inputOf(tool, argument) };
}
