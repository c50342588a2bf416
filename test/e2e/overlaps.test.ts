import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { SCRIPTED_API_KEY } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { findChromium } from '../chromium.ts';
import { createWorld, type Daemon, type World } from './world.ts';

const CHROMIUM = findChromium('test/e2e/overlaps.test.ts: what the page shows of them');
const POLICY = `default:
  allow: [Read(*)]
roles:
  worker:
    allow: ["Write(*)", "Bash(*)", "mcp__missiond__mission_done"]
slots: {}
`;
/** Sessions start, work and end meanwhile, on a machine that may be busy. */
const SOON = { timeout: 120_000, interval: 300 };
/** The narrowest telephones that are common. */
const NARROW = { width: 360, height: 740 };

let world: World;
let daemon: Daemon;
let gate: string;
beforeEach(async () => {
  const claude = (await ensureClaudeCode()).file;
  world = await createWorld({ slots: [], permissionsYaml: POLICY });
  const env = {
    HOME: world.claudeHome,
    ANTHROPIC_BASE_URL: world.model.url,
    ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  };
  const agents = { command: claude, permissionMode: 'manual', trustCwd: true, env };
  writeFileSync(path.join(world.home, 'slots.yaml'), stringify({ slots: [], agents }), { mode: 0o600 });
  const project = path.join(world.claudeHome, 'shop');
  gate = path.join(world.claudeHome, 'gate');
  mkdirSync(project, { recursive: true });
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', project, ...args], {
      env: { PATH: process.env['PATH'], HOME: world.claudeHome },
    });
  git('init', '-q', '-b', 'trunk');
  git('config', '--global', 'user.name', 'Agent');
  git('config', '--global', 'user.email', 'agent@example.org');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  daemon = await world.start();
  await daemon.client.repoAdd({ source: project, name: 'shop' });
  // Nobody looks by themselves: what is found is found by hooks.
  await daemon.client.repoConfig({ repository: 'shop', set: { overlapMinutes: 1440 } });
  await daemon.client.overlapLook({ repository: 'shop' });
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

const task = (...steps: readonly (readonly [string, object])[]): string =>
  [...steps.map(([tool, input]) => `tool: ${tool} ${JSON.stringify(input)}`), 'say: finished'].join(
    '\nthen ',
  );
const waits = () =>
  ['Bash', { command: `until [ -e ${gate} ]; do sleep 0.2; done`, description: 'x' }] as const;
const done = ['mcp__missiond__mission_done', { summary: 'written', tests: 'none' }] as const;

async function opened(): Promise<{ readonly page: Page; readonly close: () => Promise<void> } | null> {
  if (CHROMIUM === undefined) return null;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const page = await (await browser.newContext({ viewport: NARROW })).newPage();
  await page.goto(`http://127.0.0.1:${daemon.port}/#token=${daemon.token}`);
  await page.getByText('live', { exact: true }).waitFor();
  return { page, close: () => browser.close() };
}

test('two workers who begin to write the same file are told at once, and the page shows it while it lasts', async () => {
  const board = await opened();
  try {
    const item = board?.page.locator('#overlaps li.overlap');
    expect(await item?.count()).toBe(board === null ? undefined : 0);
    for (const name of ['fox', 'owl']) {
      const write = ['Write', { file_path: 'src/plan <b>.txt', content: `${name}\n` }] as const;
      await daemon.client.workerCreate({ repository: 'shop', name, task: task(write, waits(), done) });
    }
    await vi.waitFor(async () => {
      const { overlaps } = await daemon.client.overlaps({ repository: 'shop' });
      expect(overlaps).toMatchObject([
        { slots: ['shop.fox', 'shop.owl'], files: ['src/plan <b>.txt'], conflicts: [] },
      ]);
    }, SOON);
    for (const [slot, other] of [
      ['fox', 'owl'],
      ['owl', 'fox'],
    ] as const) {
      const { messages } = await daemon.client.messageList({ inbox: `shop.${slot}` });
      expect(messages.map(({ body }) => body)).toEqual([
        expect.stringContaining(`You and ${other} (branch work/${other}) change the same files`),
      ]);
    }
    await item?.filter({ hasText: 'shop.fox and shop.owl' }).getByText('src/plan <b>.txt').waitFor();
    await item?.getByText('What is committed merges.').waitFor();
    if (board !== null) {
      // What is there when the page is opened looks the same, and nothing has to be moved aside to read it.
      await board.page.reload();
      await item?.getByText('src/plan <b>.txt').waitFor();
      const width = await board.page.locator('html').evaluate((html) => html.scrollWidth);
      expect(width).toBe(NARROW.width);
    }
    writeFileSync(gate, '');
    await item?.waitFor({ state: 'detached', timeout: SOON.timeout });
    await vi.waitFor(async () => {
      expect((await daemon.client.overlaps({ repository: 'shop' })).overlaps).toEqual([]);
    }, SOON);
  } finally {
    await board?.close();
  }
}, 360_000);
