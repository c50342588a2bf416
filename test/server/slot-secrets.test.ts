import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createSlotSecrets } from '../../server/slot-secrets.ts';
import { bookOfFile } from './book-of-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const slotsFile = path.join(folder, 'slots.yaml');
writeFileSync(
  slotsFile,
  `slots:
  - { id: keeper, role: coder, description: x, cwd: /tmp, env: { KEY: "Bearer \${env:VAULT}", PLAIN: visible } }
  - { id: lost, role: coder, description: x, cwd: /tmp, env: { KEY: "\${env:NOT_THERE}" } }
  - { id: open, role: coder, description: x, cwd: /tmp, env: { PLAIN: visible } }
`,
);
const env = { VAULT: 'correct-horse-battery' };
const never = new AbortController().signal;
const TEXT = 'curl -H "Bearer correct-horse-battery" visible';

describe('what the daemon shows of a slot that has secrets', () => {
  it('is shown without them once they are resolved', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    expect(await secrets.resolve('keeper', never)).toMatchObject({ KEY: 'Bearer correct-horse-battery' });
    expect(secrets.redact('keeper', TEXT)).toBe('curl -H "Bearer [secret]" visible');
  });

  it('is withheld after a restart, until they are learnt again', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    expect(secrets.redact('keeper', TEXT)).not.toContain('horse');
    await secrets.learn('keeper', never);
    expect(secrets.redact('keeper', TEXT)).toBe('curl -H "Bearer [secret]" visible');
  });

  it('stays withheld when their source has gone, and nothing else is', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    await secrets.learn('lost', never);
    expect(secrets.redact('lost', TEXT)).toContain('withheld');
    expect(secrets.redact('open', TEXT)).toBe(TEXT);
  });

  it('is told to those who take it out themselves, with the slots of which nothing may be stored yet', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    expect(secrets.known()).toEqual({ secrets: [], withheldSlots: ['keeper', 'lost'] });
    const told: unknown[] = [];
    const unwatch = secrets.watch((known) => told.push(known));
    await secrets.resolve('keeper', never);
    unwatch();
    await secrets.resolve('keeper', never);
    expect(told).toEqual([{ secrets: ['correct-horse-battery'], withheldSlots: ['lost'] }]);
  });
});
