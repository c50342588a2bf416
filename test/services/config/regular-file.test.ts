import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceOf } from '../../../services/config/yaml-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is no file in the place of a configuration is said, and nobody waits for it', () => {
  const pipe = path.join(folder, 'router.yaml');
  execFileSync('mkfifo', [pipe]);
  for (const wrong of [pipe, folder, '/dev/zero'])
    expect(() => sourceOf(wrong, 'config_invalid')).toThrow(`${wrong} cannot be read: it is no file`);
});
