import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SlotView } from '../../actors/mission/views.ts';
import { SCRIPTED_API_KEY } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { CLI, createWorld, type Daemon, ended, eventOf, running, type World } from './world.ts';

const run = promisify(execFile);

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [{ id: 'coder-1', role: 'coder', description: 'codes' }],
    permissionsYaml: 'default:\n  allow: [Bash(*)]\n  confirm: ["Bash(touch*)"]\n',
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

const submit = (prompt: string) => daemon.client.submit({ role: 'coder', prompt });

/** The slot once it looks so, now or from now on. */
async function slotThat(fits: (slot: SlotView) => boolean): Promise<SlotView> {
  const from = Date.now();
  const found = eventOf(daemon.client, (event) =>
    event?.type === 'slot_changed' && event.at >= from && fits(event.slot) ? event.slot : undefined,
  );
  const [now] = (await daemon.client.ptyStatus({ slotId: 'coder-1' })).slots;
  return now !== undefined && fits(now) ? now : found;
}

async function missiond(...args: string[]): Promise<string> {
  return (await run(process.execPath, [CLI, ...args, '--home', world.home], { env: world.env })).stdout;
}

function typeAtTerminal(data: string): void {
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/pty/coder-1`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  });
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'input', data }), () => socket.close());
  });
}

test('explain names every signal of a real session, its age and the rule that won', async () => {
  await daemon.client.ask({ role: 'coder', question: 'say: hello' });
  await slotThat(({ state }) => state === 'idle');
  const slot: SlotView = JSON.parse(await missiond('explain', 'coder-1', '--json'));
  const sources = slot.why?.signals.map(({ source }) => source);
  expect(sources).toEqual(['hook', 'screen', 'title', 'register', 'statusLine']);
  for (const { ageMs } of slot.why?.signals ?? []) expect(ageMs).toBeGreaterThanOrEqual(0);
  expect(slot.why?.rule).toMatch(/^stopAnd/);
  const text = await missiond('explain', 'coder-1');
  expect(text).toMatch(/^coder-1: idle \(idle\) for .*health ok/);
  expect(text).toContain('two signals agree');
  expect(text).toMatch(/register +\d.* agrees +idle/);
});

test('a viewer is told of the state, the output of a tool, and the whole answer, each once', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/pty/coder-1?readonly=1`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  });
  const told: { readonly type: string; readonly state?: string }[] = [];
  socket.on('message', (data) => told.push(JSON.parse(String(data))));
  await once(socket, 'message');
  const { taskId } = await submit('tool: Bash {"command":"echo seen","description":"x"}');
  await ended(daemon.client, taskId);
  await slotThat(({ state }) => state === 'idle');
  socket.close();
  await once(socket, 'close');
  const of = (type: string) => told.filter((message) => message.type === type);
  expect(of('tool_output')).toEqual([{ type: 'tool_output', tool: 'Bash', output: 'seen', failed: false }]);
  expect(of('text_complete')).toEqual([{ type: 'text_complete', text: 'tool finished: seen' }]);
  expect(of('state').map(({ state }) => state)).toEqual(
    expect.arrayContaining(['thinking', 'tool_running', 'idle']),
  );
});

test('Esc by a person: interrupted, and explained by what stood in for the hook', async () => {
  const { taskId } = await submit('slow: 100');
  await running(daemon.client, taskId);
  await slotThat(({ state }) => state === 'thinking' || state === 'responding');
  typeAtTerminal('\u001b');
  const slot = await slotThat(({ conversation }) => conversation === 'interrupted');
  expect(slot.why?.rule).toMatch(/^interrupted/);
  expect(await ended(daemon.client, taskId)).toMatchObject({ errorCode: 'turn_interrupted' });
});

test('a permission that is answered by hand goes on, though no hook tells of the answer', async () => {
  const { taskId } = await submit('tool: Bash {"command":"touch by-hand && sleep 2","description":"x"}');
  // The hook tells of the question before the dialog is drawn; a person answers what stands there.
  await slotThat(({ conversation, composer }) => conversation === 'confirming' && composer === 'absent');
  // A dialog that has just come up takes no Enter for some 150 ms (2.1.329): a person presses it again.
  const pressing = setInterval(() => typeAtTerminal('\r'), 300);
  await slotThat(({ state }) => state === 'tool_running').finally(() => clearInterval(pressing));
  expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done' });
});

test('a turn that leaves a shell behind is parked until the shell ends', async () => {
  await submit('tool: Bash {"command":"sleep 4","description":"x","run_in_background":true}');
  const parked = await slotThat(({ conversation }) => conversation === 'parked');
  expect(parked.state).toBe('idle');
  // Claude Code tells itself of the end, in a turn of its own.
  await slotThat(({ state }) => state === 'thinking' || state === 'responding');
  await slotThat(({ conversation }) => conversation === 'idle');
});

test('a nested claude that posts to our hooks is somebody else', async () => {
  const { file } = await ensureClaudeCode();
  await ended(daemon.client, (await submit('say: ready')).taskId);
  // No agent names missiond's own files: it has got hold of a copy.
  const settings = path.join(world.workspace('coder-1'), 'copied-settings.json');
  copyFileSync(path.join(world.home, 'agents', 'coder-1', 'settings.json'), settings);
  const command = `${file} -p --settings ${settings} 'say: nested'`;
  const states: string[] = [];
  const from = Date.now();
  const { taskId } = await submit(`tool: Bash ${JSON.stringify({ command, description: 'x' })}`);
  for await (const event of daemon.client.events({ since: 0 })) {
    if (event.type === 'slot_changed' && event.at >= from) states.push(event.slot.state);
    if (event.type === 'task_changed' && event.task.id === taskId && event.task.status === 'done') break;
  }
  expect((await daemon.client.status({ taskId })).result).toBe('tool finished: nested');
  const [slot] = (await daemon.client.ptyStatus({ slotId: 'coder-1' })).slots;
  expect(slot?.why?.dropped).toBeGreaterThanOrEqual(3);
  expect(states.slice(states.indexOf('tool_running'), -1)).not.toContain('idle');
});

test('a daemon that comes back in the middle of a turn knows that it goes on', async () => {
  const { taskId } = await submit('slow: 60');
  await running(daemon.client, taskId);
  await daemon.kill9();
  daemon = await world.start();
  const slot = await slotThat(({ why }) => why?.signals.some(({ source }) => source === 'register') === true);
  expect(['thinking', 'responding']).toContain(slot.state);
  expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done' });
});

test('signals that disagree make it uncertain, and a report shows the screen of that moment without secrets', async () => {
  const { taskId } = await submit('slow: 60');
  await running(daemon.client, taskId);
  // Claude Code writes its register a moment after the hook: what is written before that is written over.
  const { pid, slotId } = await slotThat(
    ({ why }) => why?.signals.some(({ source, says }) => source === 'register' && says === 'busy') === true,
  );
  const register = path.join(world.claudeHome, '.claude', 'sessions', `${pid}.json`);
  const honest = JSON.parse(readFileSync(register, 'utf8'));
  writeFileSync(register, JSON.stringify({ ...honest, status: 'idle' }));
  const slot = await slotThat(({ health }) => health === 'uncertain');
  expect(slot.statusText).toMatch(/^uncertain: believed .*the screen shows .*the register says idle$/);
  expect(await missiond('explain', slotId)).toContain('UNCERTAIN');
  await ended(daemon.client, taskId);
  await slotThat(({ health }) => health === 'ok');

  const file = path.join(world.home, 'report.json');
  expect(JSON.parse(await missiond('doctor', '--report', file, '--json'))).toEqual({ report: file });
  const text = readFileSync(file, 'utf8');
  const report: { doubts: { snapshot: { screen: string; health: string } }[] } = JSON.parse(text);
  expect(report.doubts.at(-1)?.snapshot).toMatchObject({
    health: 'uncertain',
    screen: expect.stringContaining('slow: 60'),
  });
  expect(text).not.toContain(daemon.token);
  expect(text).not.toContain(SCRIPTED_API_KEY);
  expect(text).not.toContain(world.claudeHome);
});
