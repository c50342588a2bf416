import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNoticeSender } from '../../server/send-notice.ts';
import { NoticeHook } from '../../services/config/notice-hooks.ts';
import type { NoticeRow } from '../../services/ledger/notice-ledger.ts';
import { receiverOf } from '../../services/notices/receivers.ts';

const NOTICE: NoticeRow = {
  id: 'notice-1',
  receiver: 'r',
  event: 'task_done',
  subject: 's',
  body: '{"id":"notice-1"}',
  status: 'waiting',
  attempts: 0,
  nextAttemptAt: 0,
  createdAt: 0,
  endedAt: null,
  failure: null,
};

let folder: string;
const logged: unknown[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-notice-'));
  logged.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function send(hook: object, signal = new AbortController().signal): Promise<void> {
  const sender = createNoticeSender({
    env: { PATH: process.env['PATH'], HOOK_SECRET: 'of the hook' },
    now: () => 1_700_000_000_000,
    logger: { info: (facts: unknown) => void logged.push(facts) },
  });
  return sender(receiverOf(NoticeHook.parse({ on: ['task_done'], ...hook })), NOTICE, signal);
}

describe('an address', () => {
  let status = 200;
  const requests: { headers: http.IncomingHttpHeaders; body: string }[] = [];
  const server = http.createServer(async (request, response) => {
    requests.push({ headers: request.headers, body: await text(request) });
    response.writeHead(status, { location: '/elsewhere' }).end('thanks');
  });
  let url: string;
  beforeEach(async () => {
    requests.length = 0;
    status = 200;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  test('gets the notice as it stands in the outbox, signed', async () => {
    await send({ url, secret: `\${env:HOOK_SECRET}` });
    const [{ headers, body } = { headers: {}, body: '' }] = requests;
    expect(body).toBe(NOTICE.body);
    expect(headers).toMatchObject({ 'x-missiond-delivery': NOTICE.id, 'x-missiond-event': 'task_done' });
    const signed = `${headers['x-missiond-timestamp']}.${body}`;
    expect(headers['x-missiond-signature']).toBe(
      `sha256=${createHmac('sha256', 'of the hook').update(signed).digest('hex')}`,
    );
  });

  test.each([302, 404, 500])(
    'that answers %i has not taken it, and no redirect is followed',
    async (answer) => {
      status = answer;
      await expect(send({ url })).rejects.toThrow(String(answer));
      expect(requests).toHaveLength(1);
    },
  );

  test('is not told when the secret is missing', async () => {
    await expect(send({ url, secret: `\${env:NOT_THERE}` })).rejects.toThrow('the variable is not set');
    expect(requests).toEqual([]);
  });
});

describe('a program', () => {
  test('gets the notice on its standard input; what it prints is logged without secrets', async () => {
    const file = path.join(folder, 'got');
    await send({ command: ['sh', '-c', `cat > '${file}'; echo token=abcdefgh`] });
    expect(readFileSync(file, 'utf8')).toBe(NOTICE.body);
    expect(JSON.stringify(logged)).toContain('token=[secret]');
  });

  test('that fails has not taken it', async () => {
    await expect(send({ command: ['sh', '-c', 'exit 3'] })).rejects.toThrow('status 3');
    await expect(send({ command: [path.join(folder, 'missing')] })).rejects.toThrow('could not be started');
  });

  test('is ended with all that it has started when it takes too long', async () => {
    const file = path.join(folder, 'late');
    const started = path.join(folder, 'started');
    const script = `(sleep 3; touch '${file}') & touch '${started}'; wait`;
    await expect(send({ command: ['sh', '-c', script], timeoutSeconds: 0.5 })).rejects.toThrow('in time');
    expect(existsSync(started)).toBe(true);
    // Its output is closed, so nothing of its group holds it any more.
    expect(existsSync(file)).toBe(false);
  });
});
