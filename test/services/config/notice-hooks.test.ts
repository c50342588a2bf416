import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadSlots } from '../../../services/config/slots-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-hooks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(hooks: string) {
  const file = path.join(folder, 'slots.yaml');
  writeFileSync(file, `slots: []\nhooks:\n${hooks}`);
  return loadSlots(file).hooks;
}

test('an address and a program', () => {
  expect(
    load(
      `  - on: [task_done, limit]\n    url: https://example.org/hook\n    secret: "\${env:HOOK_SECRET}"\n  - on: [question]\n    command: [notify-send, missiond]\n    timeoutSeconds: 3\n`,
    ),
  ).toMatchObject([
    { on: ['task_done', 'limit'], url: 'https://example.org/hook', timeoutSeconds: 10 },
    { command: ['notify-send', 'missiond'], timeoutSeconds: 3 },
  ]);
});

describe.each([
  ['an unknown event', '  - on: [task_over]\n    url: https://e.org\n', /:3:10: hooks\.0\.on\.0/],
  [
    'an unknown key',
    '  - on: [limit]\n    uri: https://e.org\n',
    /:4:5: hooks\.0: unknown key "uri"\. Did you mean "url"\?/,
  ],
  ['no receiver', '  - on: [limit]\n', /:3:5: hooks\.0: name a url or a command/],
  ['two receivers', '  - on: [limit]\n    url: https://e.org\n    command: [x]\n', /name a url or a command/],
  ['another protocol', '  - on: [limit]\n    url: file:///etc/passwd\n', /:4:10: .*http/],
  [
    'a secret in clear',
    '  - on: [limit]\n    url: https://e.org\n    secret: hunter2-hunter2\n',
    /:5:13: .*secret has no place/,
  ],
  [
    'a secret for a program',
    `  - on: [limit]\n    command: [x]\n    secret: \${env:A}\n`,
    /only what is posted/,
  ],
])('refused, with its place: %s', (_, yaml, expected) => {
  test('and no secret is shown', () => {
    expect(() => load(yaml)).toThrow(expected);
    expect(() => load(yaml)).not.toThrow(/hunter2/);
  });
});
