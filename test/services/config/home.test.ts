import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../services/config/environment.ts';
import { ensureHome, missionHome } from '../../../services/config/home.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-home-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the home', () => {
  it('is the named one, then the older name, then the folder that exists', () => {
    const at = (...parts: readonly string[]) => path.join(folder, ...parts);
    expect(missionHome({ HOME: folder, MISSIOND_HOME: '/a', XJP_MISSION_HOME: '/b' })).toBe('/a');
    expect(missionHome({ HOME: folder, MISSIOND_HOME: '', XJP_MISSION_HOME: '/b' })).toBe('/b');
    expect(missionHome({ HOME: folder, MISSIOND_HOME: '~/x' })).toBe(at('x'));
    expect(missionHome({ HOME: folder })).toBe(at('.missiond'));
    mkdirSync(at('.xjp-mission'));
    expect(missionHome({ HOME: folder })).toBe(at('.xjp-mission'));
    mkdirSync(at('.missiond'));
    expect(missionHome({ HOME: folder })).toBe(at('.missiond'));
  });

  it('is made with its folders, for its owner alone, and may be there already', () => {
    const home = path.join(folder, 'deep', 'home');
    ensureHome(home);
    ensureHome(home);
    for (const name of ['.', 'logs', 'screenshots', 'worktrees', 'agents', 'doubts'])
      expect(statSync(path.join(home, name)).mode & 0o777).toBe(0o700);
  });

  it.each([0o770, 0o702])(
    'is refused when others may write to it (%o), before anything is written',
    (mode) => {
      const home = path.join(folder, 'open');
      mkdirSync(home);
      chmodSync(home, mode);
      expect(() => ensureHome(home)).toThrow(
        expect.objectContaining({ code: 'config_invalid', remedy: expect.stringContaining('chmod 700') }),
      );
      expect(existsSync(path.join(home, 'logs'))).toBe(false);
    },
  );

  it('is refused when something else stands in its place', () => {
    const home = path.join(folder, 'file');
    writeFileSync(home, '');
    expect(() => ensureHome(home)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});

describe('the environment', () => {
  const read = (env: NodeJS.ProcessEnv) => readEnvironment(env, '/home/m');

  it('has missiond’s defaults; an empty variable is none', () => {
    const usual = {
      port: 9120,
      databaseFile: '/home/m/mission.db',
      slotsFile: '/home/m/slots.yaml',
      logLevel: 'info',
    };
    expect(read({})).toEqual(usual);
    expect(
      read({ MISSION_WS_PORT: '', MISSION_DB_PATH: '', MISSION_SLOTS_CONFIG: '', MISSION_LOG_LEVEL: '' }),
    ).toEqual(usual);
  });

  it('takes what is named', () => {
    expect(
      read({
        MISSION_WS_PORT: '0',
        MISSION_DB_PATH: '/d',
        MISSION_SLOTS_CONFIG: '/s',
        MISSION_LOG_LEVEL: 'SILENT',
      }),
    ).toEqual({ port: 0, databaseFile: '/d', slotsFile: '/s', logLevel: 'silent' });
    expect(read({ MISSION_LOG_LEVEL: 'fatal' }).logLevel).toBe('fatal');
  });

  it.each([
    { MISSION_WS_PORT: 'web' },
    { MISSION_WS_PORT: '-1' },
    { MISSION_WS_PORT: '65536' },
    { MISSION_WS_PORT: '1e3' },
    { MISSION_LOG_LEVEL: 'loud' },
  ])('refuses %j and names the variable', (env) => {
    expect(() => read(env)).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringContaining(Object.keys(env)[0] ?? ''),
      }),
    );
  });
});
