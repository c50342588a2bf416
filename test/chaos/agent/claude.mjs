#!/usr/bin/env node
// Behaves like Claude Code 2.1.329 as far as missiond reads and drives it, starts in a tenth of the time and needs no
// model: the chaos run kills hundreds of these. Plain JavaScript, because slots start it as it is.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createHookCaller } from './hook-caller.mjs';
import { createOwnFiles } from './own-files.mjs';
import { readScript } from './script.mjs';
import { createTerminal } from './terminal.mjs';

const VERSION = '2.1.329';
const FRAME_MS = 200;
/** Two Ctrl-C within this end the program. */
const EXIT_WINDOW_MS = 800;

const { values } = parseArgs({
  strict: false,
  options: {
    version: { type: 'boolean' },
    'session-id': { type: 'string' },
    resume: { type: 'string' },
    settings: { type: 'string' },
  },
});
if (values.version) {
  process.stdout.write(`${VERSION} (Claude Code)\n`);
  process.exit(0);
}

const resumed = values.resume !== undefined;
const sessionId = String(values.resume ?? values['session-id'] ?? randomUUID());
const files = createOwnFiles({ sessionId, version: VERSION });
if (resumed && !files.hasTranscript()) {
  process.stderr.write(`No conversation found with session ID: ${sessionId}\n`);
  process.exit(1);
}
const call = createHookCaller({
  settingsFile: String(values.settings),
  common: { session_id: sessionId, transcript_path: files.transcript, cwd: process.cwd() },
  version: VERSION,
});
const terminal = createTerminal({ version: VERSION });
let turn = null;
let interruptedAt = 0;

function leave(code) {
  files.unregister();
  terminal.close();
  process.exit(code);
}

let answerDialog = () => {};

/** Asks a person: whoever answers first wins, the hook that waits or the keys. False when it was refused. */
async function consent(command, tool, signal) {
  files.register('waiting', 'permission prompt');
  const byKeys = new Promise((resolve, reject) => {
    answerDialog = resolve;
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  terminal.openDialog(command);
  const byHook = call('PermissionRequest', tool, signal).then((reply) => {
    const behavior = reply?.hookSpecificOutput?.decision?.behavior;
    // A hook that cannot be reached, or does not decide, leaves it to the keys.
    return behavior === undefined ? byKeys : behavior === 'allow';
  });
  try {
    return await Promise.race([byKeys, byHook]);
  } finally {
    answerDialog = () => {};
    terminal.closeDialog();
    files.register('busy');
  }
}

async function useTool(number, script, promptId, signal) {
  const command = number <= script.asks ? `touch ${script.mark}-${number}` : `echo ${script.mark} ${number}`;
  const tool = { tool_name: 'Bash', tool_input: { command }, tool_use_id: randomUUID(), prompt_id: promptId };
  files.write({
    type: 'assistant',
    content: [{ type: 'tool_use', id: tool.tool_use_id, name: 'Bash', input: tool.tool_input }],
    stopReason: 'tool_use',
  });
  terminal.beginTool(`Bash(${command})`);
  const verdict = await call('PreToolUse', tool, signal);
  const decision = verdict?.hookSpecificOutput?.permissionDecision;
  // Without a verdict the settings' own rules hold: what asks there, asks.
  const asks = decision === 'ask' || (decision === undefined && number <= script.asks);
  const denied = decision === 'deny' || (asks && !(await consent(command, tool, signal)));
  if (!denied) await sleep(script.workMs / (script.tools + 1), undefined, { signal });
  files.write({
    type: 'user',
    content: [{ type: 'tool_result', tool_use_id: tool.tool_use_id, content: denied ? 'refused' : command }],
  });
  terminal.endTool(denied ? 'Error: refused' : command);
  if (!denied) await call('PostToolUse', { ...tool, tool_response: { stdout: command } }, signal);
}

async function perform(text, signal) {
  const prompt = text.trimEnd();
  const promptId = randomUUID();
  const script = readScript(prompt);
  terminal.beginTurn(prompt);
  files.register('busy');
  await call('UserPromptSubmit', { prompt, prompt_id: promptId }, signal);
  files.write({ type: 'user', content: prompt });
  for (let number = 1; number <= script.tools; number++) await useTool(number, script, promptId, signal);
  await sleep(script.workMs / (script.tools + 1), undefined, { signal });
  // From here on it is said: what stands in the transcript is the answer.
  files.write({
    type: 'assistant',
    content: [{ type: 'text', text: script.answer }],
    stopReason: 'end_turn',
  });
  terminal.say(script.answer);
  await call(
    'Stop',
    {
      last_assistant_message: script.answer,
      background_tasks: [],
      stop_hook_active: false,
      prompt_id: promptId,
    },
    signal,
  );
  files.write({ type: 'system', subtype: 'turn_duration' });
}

async function takeTurn(text) {
  const stop = new AbortController();
  turn = stop;
  const frames = setInterval(terminal.spin, FRAME_MS);
  try {
    await perform(text, stop.signal);
    terminal.endTurn();
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    files.write({ type: 'user', content: [{ type: 'text', text: '[Request interrupted by user]' }] });
    terminal.interrupted();
  } finally {
    clearInterval(frames);
    turn = null;
    files.register('idle');
  }
  await call.statusLine();
}

terminal.onKey((key) => {
  if (key.name === 'enter' && terminal.choice() !== null) {
    answerDialog(terminal.choice() === 0);
  } else if (key.name === 'enter') {
    if (turn === null && terminal.draft().trim() !== '') takeTurn(terminal.takeDraft()).catch(() => leave(1));
  } else if (key.name === 'up' || key.name === 'down') {
    terminal.moveChoice(key.name === 'up' ? -1 : 1);
  } else if (key.name === 'escape') {
    turn?.abort();
  } else if (key.name === 'ctrlC') {
    if (terminal.draft() !== '') terminal.takeDraft();
    else if (turn !== null) turn.abort();
    else if (Date.now() - interruptedAt < EXIT_WINDOW_MS) leave(0);
    interruptedAt = Date.now();
  } else terminal.type(key.text);
});
for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT']) process.on(signal, () => leave(0));

await call('SessionStart', { source: resumed ? 'resume' : 'startup' });
files.register('idle');
terminal.open();
await call.statusLine();
