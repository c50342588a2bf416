import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createWorld, type Daemon, DIST, type World } from './world.ts';

const POLICY = `default:
  allow: ["mcp__missiond__mission_pty_status", "mcp__bridged__*"]
roles: {}
slots: {}
`;

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [
      { id: 'coder-1', role: 'coder', description: 'has them', extra: { mcp: true } },
      { id: 'other-1', role: 'other', description: 'has not' },
    ],
    permissionsYaml: POLICY,
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** What a tool of missiond answered to the agent of a slot. */
async function answerTo(role: string, tool: string, input: object): Promise<string> {
  const question = `tool: ${tool} ${JSON.stringify(input)}`;
  return (await daemon.client.ask({ role, question })).answer;
}
/** Claude Code offers the tools of a server once it has connected, which it does beside the first prompts. */
const untilOffered = (role: string, tool: string, input: object): Promise<string> =>
  vi.waitFor(
    async () => {
      const answer = await answerTo(role, tool, input);
      expect(answer).not.toContain('No such tool');
      return answer;
    },
    { timeout: 60_000, interval: 500 },
  );

const tokenOf = (slotId: string): string =>
  z
    .object({ token: z.string() })
    .parse(JSON.parse(readFileSync(path.join(world.home, 'agents', slotId, 'door.json'), 'utf8'))).token;

/** Every file below a folder that holds a text. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .filter((file) => readFileSync(file).includes(text));
}

test('the agent of a slot calls missiond for its own slot alone, with a token that nobody else sees', async () => {
  const tool = 'mcp__missiond__mission_pty_status';
  expect(await untilOffered('coder', tool, { slotId: 'coder-1' })).toMatch(/tool finished: .*"coder-1"/s);
  const other = await answerTo('coder', tool, { slotId: 'other-1' });
  expect(other).toContain('not_permitted');
  expect(other).not.toContain('has not');
  for (const name of ['mission_kill', 'mission_submit', 'mission_permission_set_role', 'mission_pty_confirm'])
    expect(await answerTo('coder', `mcp__missiond__${name}`, { slotId: 'other-1' })).toContain(
      'No such tool',
    );
  // Where slots.yaml does not say so, there is nothing.
  expect(await answerTo('other', tool, { slotId: 'other-1' })).toContain('No such tool');

  const token = tokenOf('coder-1');
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
      } catch {
        return '';
      }
    });
  expect(commands.some((command) => command.includes('mcp.json'))).toBe(true);
  expect(commands.filter((command) => command.includes(token))).toEqual([]);
  const own = path.join(world.home, 'agents', 'coder-1');
  expect(filesWith(path.dirname(world.home), token).filter((file) => path.dirname(file) !== own)).toEqual([]);
  for (const file of filesWith(own, token)) expect([file, statSync(file).mode & 0o077]).toEqual([file, 0]);

  // The same session goes on calling when the daemon has gone and another one has come.
  await daemon.kill9();
  daemon = await world.start();
  await vi.waitFor(
    async () => expect(await answerTo('coder', tool, { slotId: 'coder-1' })).toContain('tool finished'),
    { timeout: 60_000, interval: 500 },
  );
});

test("the person's own bridge acts as the slot when an agent runs it, not as its owner", async () => {
  const config = path.join(world.claudeHome, 'bridge.json');
  const args = [path.join(DIST, 'server', 'cli', 'mission-mcp.js'), '--home', world.home];
  writeFileSync(config, JSON.stringify({ mcpServers: { bridged: { command: process.execPath, args } } }));
  await daemon.client.kill({ slotId: 'other-1' });
  await daemon.client.ptySpawn({ slotId: 'other-1', waitForIdle: true, mcpConfigPath: config });
  const tool = 'mcp__bridged__mission_pty_status';
  expect(await untilOffered('other', tool, { slotId: 'other-1' })).toContain('tool finished');
  expect(await answerTo('other', tool, { slotId: 'coder-1' })).toContain('not_permitted');
  expect(await answerTo('other', 'mcp__bridged__mission_permission_reload', {})).toContain('No such tool');
});
