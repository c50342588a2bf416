import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../../../services/terminal/emulator.ts';
import { FACE_SHEET, FACES } from '../../../services/terminal/faces.ts';
import { facesFile, loadFaces } from '../../../services/terminal/faces-file.ts';
import { readScreen } from '../../../services/terminal/read-screen.ts';
import { readRows } from '../../../services/terminal/screen-rows.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'faces-'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function load(yaml: string) {
  writeFileSync(facesFile(home), yaml);
  return loadFaces(facesFile(home));
}

/** A screen as a version of the future might draw it: another glyph in the box, other words below it. */
async function futureScreen() {
  const rule = '─'.repeat(60);
  const emulator = createEmulator({ columns: 60, rows: 8, scrollback: 0, onReply: () => {} });
  const rows = ['● an answer', '', rule, '» ', rule, '  press esc to stop'];
  await new Promise<void>((parsed) => emulator.terminal.write(rows.join('\r\n'), parsed));
  return readRows(emulator.terminal);
}

describe('how Claude Code draws itself', () => {
  it('is known of every feature with where it stands and where it was seen', () => {
    for (const { where, seen } of Object.values(FACE_SHEET)) {
      expect(where).not.toBe('');
      expect(seen).toMatch(/\d+\.\d+\.\d+/);
    }
  });

  it('is as the release knows it while the home says nothing', () => {
    expect(loadFaces(facesFile(home))).toBe(FACES);
  });

  it('is replaced, feature by feature, by a file in the home', async () => {
    const screen = await futureScreen();
    expect(readScreen(screen, '').level).toBe('starting');
    const faces = load('prompt: ["❯", "»"]\ninterruptHint: /esc to (?:interrupt|stop)/i\n');
    expect(readScreen(screen, '', faces)).toMatchObject({
      level: 'responding',
      composer: { kind: 'empty', text: '' },
    });
    expect(faces.bullet).toEqual(FACES.bullet);
  });

  it.each([
    ['prompt: []\n', /faces\.yaml:1:9: prompt: /],
    ['prompt: ["❯"]\nspiner: ["*"]\n', /faces\.yaml:2:1: unknown key "spiner"\. Did you mean "spinner"\?/],
    ['retrying: /retrying (in/i\n', /faces\.yaml:1:11: retrying: .*group/i],
    ['retrying: retrying in\n', /faces\.yaml:1:11: retrying: .*between slashes/],
    ['contextLeft:\n  - [/(\\d+)% left/, most]\n', /faces\.yaml:2:21: contextLeft\.0\.1: /],
  ])('a file that is wrong is refused with line and column: %j', (yaml, problem) => {
    expect(() => load(yaml)).toThrow(problem);
  });
});
