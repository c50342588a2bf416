import http from 'node:http';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../chromium.ts';
import { type OpenDoors, openDoors } from '../server/open-doors.ts';

const CHROMIUM = findChromium('test/attack/pages.test.ts');

/** What a page tries, given our address and, worse than ever, the owner's token. It says whether it got anywhere. */
const TRIES: readonly (readonly [string, string])[] = [
  ['reads the slots', `fetch(a + '/api/slots', { headers: h }).then((r) => r.text())`],
  [
    'reads the slots with cookies',
    `fetch(a + '/api/slots', { credentials: 'include' }).then((r) => r.text())`,
  ],
  ['reads the health', `fetch(a + '/health').then((r) => r.text())`],
  ['reads the page', `fetch(a + '/').then((r) => r.text())`],
  [
    'posts text unasked',
    `fetch(a + k, { method: 'POST', mode: 'no-cors', body: b }).then((r) => r.type === 'opaque' ? none : r.text())`,
  ],
  [
    'posts JSON',
    `fetch(a + k, { method: 'POST', headers: { ...h, 'content-type': 'application/json' }, body: b }).then((r) => r.text())`,
  ],
  [
    'posts a form unasked',
    `fetch(a + '/api/down', { method: 'POST', mode: 'no-cors', body: new URLSearchParams('x=1') }).then(() => none)`,
  ],
  ['deletes a session', `fetch(a + '/mcp', { method: 'DELETE', headers: h }).then((r) => r.text())`],
  ['sends a beacon', `Promise.resolve(navigator.sendBeacon(a + '/api/down', b)).then(() => none)`],
  [
    'runs the script as its own',
    `new Promise((yes, no) => { const s = document.createElement('script'); s.src = a + '/board.js'; s.type = 'module'; s.onload = () => yes('ran'); s.onerror = no; document.head.append(s); })`,
  ],
  [
    'runs an answer as a script',
    `new Promise((yes, no) => { const s = document.createElement('script'); s.src = a + '/openapi.json'; s.onload = () => yes('ran'); s.onerror = no; document.head.append(s); })`,
  ],
  [
    'draws the icon',
    `new Promise((yes, no) => { const i = new Image(); i.src = a + '/icon.svg'; i.onload = () => yes('drawn'); i.onerror = no; })`,
  ],
  [
    'takes the style',
    `new Promise((yes, no) => { const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = a + '/board.css'; l.onload = () => yes('styled'); l.onerror = no; document.head.append(l); })`,
  ],
  [
    'opens the socket of tasks',
    `new Promise((yes, no) => { const s = new WebSocket(a.replace('http', 'ws') + '/tasks', ['missiond', 'token.' + t]); s.onmessage = (m) => yes(m.data); s.onerror = no; })`,
  ],
  [
    'opens a terminal',
    `new Promise((yes, no) => { const s = new WebSocket(a.replace('http', 'ws') + '/pty/coder-1', ['missiond', 'token.' + t]); s.onopen = () => yes('open'); s.onerror = no; })`,
  ],
  [
    'listens to events',
    `new Promise((yes, no) => { const e = new EventSource(a + '/mcp'); e.onopen = () => yes('open'); e.onerror = no; })`,
  ],
];

describe.skipIf(CHROMIUM === undefined)("somebody else's page, in a real browser", () => {
  let doors: OpenDoors;
  let browser: Browser;
  let elsewhere: http.Server;
  let port = 0;
  beforeAll(async () => {
    doors = await openDoors();
    await doors.client.ptySpawn({ slotId: 'coder-1' });
    elsewhere = http.createServer((_, reply) =>
      reply.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>'),
    );
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const address = elsewhere.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
    browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ['--no-sandbox', '--host-resolver-rules=MAP evil.test 127.0.0.1'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => elsewhere.close(resolve));
    expect(doors.downs()).toBe(0);
    expect((await doors.client.ptyStatus({ slotId: 'coder-1' })).slots[0]?.status).not.toBe('stopped');
    expect(doors.errors()).toEqual([]);
    await doors.close();
  });

  /** From another port of this machine, from another name, and from a frame that has no origin. */
  const pages = (): readonly (readonly [string, string, boolean])[] => [
    ['another port', `http://127.0.0.1:${port}/`, false],
    ['another name', `http://evil.test:${port}/`, false],
    ['a sandboxed frame', `http://127.0.0.1:${port}/`, true],
  ];

  /** The program of a page that tries something; `nothing` when it got nowhere. */
  const program = (code: string): string => `(async () => {
    const a = 'http://127.0.0.1:${doors.port}', t = '${doors.token}', none = 'nothing', k = '/api/tools/mission_kill';
    const h = { authorization: 'Bearer ' + t }, b = '{"slotId":"coder-1"}';
    try { return String(await (${code})); } catch { return none; }
  })()`;
  const inFrame = (code: string): string => `new Promise((resolve) => {
    addEventListener('message', ({ data }) => resolve(data));
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.srcdoc = '<script>' + ${JSON.stringify(program(code))} + ".then((got) => parent.postMessage(got, '*'))</script>";
    document.body.append(frame);
  })`;

  test('the same from our own page is answered, so that what follows can fail', async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${doors.port}/`);
    for (const name of ['reads the slots', 'reads the health', 'opens the socket of tasks']) {
      const [, code = ''] = TRIES.find(([one]) => one === name) ?? [];
      expect([name, await page.evaluate(program(code))]).not.toEqual([name, 'nothing']);
    }
    await page.close();
  });

  test.each(TRIES)('%s: in vain', async (_, code) => {
    for (const [where, url, sandboxed] of pages()) {
      const page = await browser.newPage();
      await page.goto(url);
      expect([where, await page.evaluate(sandboxed ? inFrame(code) : program(code))]).toEqual([
        where,
        'nothing',
      ]);
      await page.close();
    }
  });

  test('a name that is bound to our address shows nothing of ours', async () => {
    const page = await browser.newPage();
    const reply = await page.goto(`http://evil.test:${doors.port}/`);
    expect(reply?.status()).toBe(401);
    expect(await page.title()).not.toBe('missiond');
    await page.close();
  });

  test("our page stands in nobody's frame, and a link to it still leads there", async () => {
    const page = await browser.newPage();
    await page.goto(`http://evil.test:${port}/`);
    await page.evaluate(`new Promise((resolve) => {
      const address = 'http://127.0.0.1:${doors.port}/';
      const frame = document.createElement('iframe');
      frame.src = address;
      frame.onload = resolve;
      frame.onerror = resolve;
      document.body.append(frame);
      const link = document.createElement('a');
      link.href = address;
      link.textContent = 'to missiond';
      document.body.append(link);
    })`);
    const framed = await Promise.all(
      page
        .frames()
        .slice(1)
        .map((frame) => frame.title().catch(() => '')),
    );
    expect(framed).not.toContain('missiond');
    await page.getByRole('link', { name: 'to missiond' }).click();
    await page.getByRole('heading', { name: 'missiond' }).waitFor();
    await page.close();
  });
});
