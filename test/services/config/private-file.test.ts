import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDaemonFile } from '../../../server/daemon-file.ts';
import { readPrivateFile } from '../../../services/config/private-file.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-private-'));
  file = path.join(folder, 'credentials.json');
  writeFileSync(file, '{"key":"x"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file that holds secrets', () => {
  it.each([0o600, 0o400, 0o700])('of mode %o is read', (mode) => {
    chmodSync(file, mode);
    expect(readPrivateFile(file)).toBe('{"key":"x"}');
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o666, 0o777])(
    'of mode %o is refused, and it is said what to do',
    (mode) => {
      chmodSync(file, mode);
      expect(() => readPrivateFile(file)).toThrow(
        expect.objectContaining({
          code: 'config_invalid',
          message: `Others may read or write ${file}.`,
          remedy: expect.stringContaining(`chmod 600 ${file}`),
        }),
      );
    },
  );

  it('is judged as it is, behind a link too', () => {
    const link = path.join(folder, 'link');
    symlinkSync(file, link);
    chmodSync(file, 0o644);
    expect(() => readPrivateFile(link)).toThrow('Others may read or write');
    chmodSync(file, 0o600);
    expect(readPrivateFile(link)).toBe('{"key":"x"}');
  });

  it('may be missing', () => {
    expect(readPrivateFile(path.join(folder, 'nothing'))).toBeNull();
    expect(readPrivateFile(path.join(file, 'below'))).toBeNull();
  });

  it('is a file: a folder is refused, and a pipe is not waited for', () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    mkdirSync(path.join(folder, 'a'), { mode: 0o700 });
    for (const other of [pipe, path.join(folder, 'a')])
      expect(() => readPrivateFile(other)).toThrow(`${other} is no file.`);
  });

  it('is the own of the user, not of another one', ({ skip }) => {
    if (process.geteuid?.() !== 0) skip('only root can give a file to somebody else');
    execFileSync('chown', ['65534', file]);
    expect(() => readPrivateFile(file)).toThrow(/belongs to another user \(65534\)/);
    execFileSync('chown', ['0', file]);
  });
});

it('a daemon.json that others may read gives nobody its token', () => {
  const daemon = path.join(folder, 'daemon.json');
  writeFileSync(daemon, JSON.stringify({ pid: 1, port: 2, token: 'x'.repeat(43) }), { mode: 0o600 });
  expect(readDaemonFile(folder)?.port).toBe(2);
  chmodSync(daemon, 0o644);
  expect(() => readDaemonFile(folder)).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining('chmod 600') }),
  );
});
