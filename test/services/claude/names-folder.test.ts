import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { namesFolder } from '../../../services/claude/names-folder.ts';

test('a folder is named by its own name or the one that it was called by, and by nothing else', async () => {
  const above = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-names-')));
  const [own, link] = [path.join(above, 'own'), path.join(above, 'link')];
  mkdirSync(path.join(own, 'within'), { recursive: true });
  symlinkSync(own, link);
  try {
    for (const words of [own, link]) expect(await namesFolder(words, link), words).toBe(true);
    for (const words of [undefined, '', 'own', '/', above, path.join(own, 'within'), `${own} `])
      expect(await namesFolder(words, link), words).toBe(false);
    expect(await namesFolder(own, path.join(above, 'gone'))).toBe(false);
  } finally {
    rmSync(above, { recursive: true, force: true });
  }
});
