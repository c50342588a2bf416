import { chmodSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileMark } from '../../../services/config/file-mark.ts';

describe('the mark of a file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-mark-'));
    file = path.join(folder, 'rules.yaml');
    writeFileSync(file, 'one', { mode: 0o600 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stays while the file stays, and is none of a file that is not there', () => {
    expect(fileMark(file)).toEqual(fileMark(file));
    expect(fileMark(path.join(folder, 'missing'))).toBeNull();
  });

  it('is another one once others may read the file', () => {
    const before = fileMark(file)?.text;
    chmodSync(file, 0o644);
    expect(fileMark(file)?.text).not.toBe(before);
  });

  it('is another one of a file of the same size and time that was put in its place', () => {
    const written = new Date('2026-01-01T00:00:00Z');
    utimesSync(file, written, written);
    const before = fileMark(file);
    const other = path.join(folder, 'other');
    writeFileSync(other, 'two', { mode: 0o600 });
    utimesSync(other, written, written);
    renameSync(other, file);
    expect(fileMark(file)?.text).not.toBe(before?.text);
    expect(fileMark(file)?.modifiedAt).toBe(before?.modifiedAt);
  });
});
