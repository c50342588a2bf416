import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findChromium } from '../chromium.ts';
import { CLI, createWorld, type Daemon, ended, type World } from './world.ts';

const run = promisify(execFile);
const CHROMIUM = findChromium('test/e2e/board.test.ts');

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  let world: World;
  let daemon: Daemon;
  let browser: Browser;
  /** A page of somebody else, on this very machine. */
  let elsewhere: http.Server;
  beforeAll(async () => {
    world = await createWorld();
    daemon = await world.start();
    browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ['--no-sandbox'],
    });
    elsewhere = http.createServer((_, reply) =>
      reply.setHeader('content-type', 'text/html').end(
        `<form method="post" enctype="text/plain" action="${address()}api/tools/mission_kill">
          <input name='{"slotId":"coder-1","x":"' value='"}'><button>forge</button></form>`,
      ),
    );
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => elsewhere.close(resolve));
    expect(await world.close()).toEqual([]);
  });

  const address = () => `http://127.0.0.1:${daemon.port}/`;

  interface Watched {
    readonly page: Page;
    /** Whatever the browser had to complain about: the console, exceptions, the content security policy. */
    readonly complaints: string[];
    readonly requested: string[];
  }

  async function open(hash: string): Promise<Watched> {
    const page = await (await browser.newContext()).newPage();
    const complaints: string[] = [];
    const requested: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(address() + hash);
    return { page, complaints, requested };
  }

  test('shows slots and tasks as they move, and keeps the token to itself', async () => {
    const { page, complaints, requested } = await open(`#token=${daemon.token}`);
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'researcher-1' }).waitFor();
    const { taskId } = await daemon.client.submit({
      role: 'researcher',
      prompt: 'say: <img src=x onerror="document.title=\'owned\'"> is only text',
    });
    await ended(daemon.client, taskId);
    await page.getByText('is only text').last().waitFor();
    expect(await page.title()).toBe('missiond');
    expect(await page.locator('main img').count()).toBe(0);
    expect(page.url()).toBe(address());
    expect(requested.filter((url) => !url.startsWith(address()) && !url.startsWith('data:'))).toEqual([]);
    expect(requested.filter((url) => url.includes(daemon.token))).toEqual([]);
    expect(complaints).toEqual([]);
    // Nor does the history keep it; the page itself still knows it.
    await page.goBack();
    expect(page.url()).toBe('about:blank');
    await page.goForward();
    expect(page.url()).toBe(address());
    await page.getByText('live', { exact: true }).waitFor();
  });

  test('a question is answered with its button', async () => {
    const { page, complaints } = await open(`#token=${daemon.token}`);
    const { taskId } = await daemon.client.submit({
      role: 'coder',
      prompt: 'tool: Bash {"command":"touch from-the-page.txt","description":"x"}',
    });
    await page.getByText('touch from-the-page.txt').first().waitFor();
    await page.getByRole('button', { name: 'Yes', exact: true }).click();
    expect((await ended(daemon.client, taskId)).status).toBe('done');
    await page.getByText('Nothing.').waitFor();
    expect(existsSync(`${world.workspace('coder-1')}/from-the-page.txt`)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('what a token may not answer has no button, and a lasting yes says which rule it adds', async () => {
    const token = async (role: string) => {
      const { stdout } = await run(
        process.execPath,
        [CLI, 'token', 'create', '--role', role, '--json', '--home', world.home],
        { env: world.env },
      );
      return z.object({ token: z.string() }).parse(JSON.parse(stdout)).token;
    };
    const yes = (page: Page) => page.getByRole('button', { name: 'Yes', exact: true });
    const owner = await open(`#token=${daemon.token}`);
    const orchestrator = await open(`#token=${await token('orchestrator')}`);
    const viewer = await open(`#token=${await token('viewer')}`);
    const pages = [owner.page, orchestrator.page, viewer.page];
    const all = (text: string) =>
      Promise.all(pages.map((page) => page.locator('#questions').getByText(text).first().waitFor()));

    const file = `${world.workspace('coder-1')}/.github/workflows/page.yml`;
    const guarded = await daemon.client.submit({
      role: 'coder',
      prompt: `tool: Write ${JSON.stringify({ file_path: file, content: 'on: push' })}`,
    });
    await all('Only a person answers this');
    expect(await Promise.all(pages.map((page) => yes(page).count()))).toEqual([1, 0, 0]);
    await yes(owner.page).click();
    expect((await ended(daemon.client, guarded.taskId)).status).toBe('done');

    const plain = await daemon.client.submit({
      role: 'coder',
      prompt: 'tool: Bash {"command":"mkdir -p from-the-page","description":"x"}',
    });
    await all('mkdir -p from-the-page');
    expect(await Promise.all(pages.map((page) => yes(page).count()))).toEqual([1, 1, 0]);
    expect(await orchestrator.page.getByRole('button', { name: /always/ }).count()).toBe(0);
    await owner.page.getByText('From now on, without asking: Bash(=mkdir -p from-the-page)').waitFor();
    await owner.page.getByRole('button', { name: 'Yes, always in coder-1' }).click();
    expect((await ended(daemon.client, plain.taskId)).status).toBe('done');
    expect((await daemon.client.permissionGet({})).slots['coder-1']?.allow).toEqual([
      'Bash(=mkdir -p from-the-page)',
    ]);
    for (const { complaints } of [owner, orchestrator, viewer]) expect(complaints).toEqual([]);
  });

  test('the board is a tree that moves with the work, and its words are only text', async () => {
    const { page, complaints } = await open(`#token=${daemon.token}`);
    const rows = page.locator('#board tr');
    const whole = await daemon.client.boardCreate({ title: 'The whole', dueDate: '2030-01-31' });
    const part = await daemon.client.boardCreate({
      title: '<b>The part</b>',
      promptTemplate: 'tool: Bash {"command":"touch from-the-board.txt","description":"x"}',
      parentId: whole.id,
      assignee: 'coder-1',
      autoExecute: true,
    });
    await rows.filter({ hasText: '<b>The part</b>' }).getByText('blocked').waitFor();
    await rows.filter({ hasText: 'touch from-the-board.txt' }).waitFor();
    await page.getByRole('button', { name: 'Yes', exact: true }).click();
    await rows.filter({ hasText: '<b>The part</b>' }).getByText('done').waitFor();
    // What is there when the page is opened looks the same.
    await page.reload();
    await rows.filter({ hasText: '<b>The part</b>' }).getByText('done').waitFor();
    expect(await rows.locator('td:first-child').allTextContents()).toEqual(['The whole', '<b>The part</b>']);
    await daemon.client.boardDelete({ id: part.id });
    await expect.poll(() => rows.locator('td:first-child').allTextContents()).toEqual(['The whole']);
    expect(complaints).toEqual([]);
  });

  test('what an agent asks is shown with what led to it, and dismissed in the words of the person', async () => {
    const { page, complaints } = await open(`#token=${daemon.token}`);
    const { id } = await daemon.client.questionCreate({
      slotId: 'coder-1',
      question: 'May I delete <i>it</i>?',
      context: 'Nobody calls it.',
      urgency: 'high',
      of: 'person',
    });
    const card = page.locator('.question', { hasText: 'May I delete <i>it</i>?' });
    await card.getByText('Nobody calls it.').waitFor();
    await card.getByText('Urgent').waitFor();
    await card.getByLabel('Answer coder-1 in your words').fill('say: kept');
    await card.getByRole('button', { name: 'Dismiss' }).click();
    await card.waitFor({ state: 'detached' });
    expect(await daemon.client.question({ questionId: id })).toMatchObject({
      status: 'dismissed',
      answeredBy: 'board',
      answer: expect.stringContaining('say: kept'),
    });
    await expect
      .poll(async () => (await daemon.client.messageList({ inbox: 'coder-1' })).messages[0], {
        timeout: 60_000,
      })
      .toMatchObject({ status: 'delivered', body: expect.stringContaining('it was dismissed') });
    await expect
      .poll(async () => (await daemon.client.ptyStatus({ slotId: 'coder-1' })).slots[0]?.state, {
        timeout: 60_000,
      })
      .toBe('idle');
    expect(complaints).toEqual([]);
  });

  test('without the token it shows nothing but the form', async () => {
    const { page } = await open('');
    await page.getByLabel('Token of daemon.json').waitFor();
    expect(await page.getByRole('cell').count()).toBe(0);
  });

  test('another page can neither read, nor call, nor listen, not even with the token', async () => {
    const page = await (await browser.newContext()).newPage();
    const listening = elsewhere.address();
    await page.goto(`http://127.0.0.1:${typeof listening === 'object' ? listening?.port : ''}/`);
    const tried = await page.evaluate(
      async ({ target, token }) => {
        const attempt = async (run: () => Promise<unknown>) => {
          try {
            return `got in: ${JSON.stringify(await run())}`;
          } catch {
            return 'refused';
          }
        };
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        return Promise.all([
          attempt(async () => (await fetch(`${target}health`)).text()),
          attempt(async () => (await fetch(`${target}api/slots`, { headers })).text()),
          attempt(async () =>
            (
              await fetch(`${target}api/tools/mission_kill`, {
                method: 'POST',
                headers,
                body: '{"slotId":"coder-1"}',
              })
            ).text(),
          ),
          attempt(
            () =>
              new Promise((resolve, reject) => {
                const socket = new WebSocket(`${target.replace('http', 'ws')}tasks`, [
                  'missiond',
                  `token.${token}`,
                ]);
                socket.onopen = () => resolve('open');
                socket.onerror = () => reject(new Error('refused'));
              }),
          ),
        ]);
      },
      { target: address(), token: daemon.token },
    );
    expect(tried).toEqual(['refused', 'refused', 'refused', 'refused']);
    // A form needs nobody's leave to be sent; it must change nothing.
    await page.getByRole('button', { name: 'forge' }).click();
    await page.getByText('not_authorised').waitFor();
    expect((await daemon.client.ptyStatus({ slotId: 'coder-1' })).slots[0]?.state).toBe('idle');
  });

  test('nobody frames it', async () => {
    const page = await (await browser.newContext()).newPage();
    const refused = new Promise<string>((resolve) =>
      page.on('console', (message) => message.text().includes('frame-ancestors') && resolve(message.text())),
    );
    await page.setContent(`<iframe src="${address()}"></iframe>`);
    expect(await refused).toContain("frame-ancestors 'none'");
  });
});
