import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

describe('wrong arguments are told with what to do, and status 2', () => {
  test.each<[readonly string[], string]>([
    [['tasks', '--limit', 'foo'], '--limit is "foo".\n  → Give a whole number above zero.'],
    [['tasks', '--limit', '0'], '--limit is "0"'],
    [['tasks', '--limit', '1.5'], '--limit is "1.5"'],
    [['tasks', '--limit', '501'], 'limit: Too big: expected number to be <=500'],
    [['logs', 'coder-1', '--lines', ''], '--lines is ""'],
    [['ask', '--role', 'coder', '--timeout', '5m', 'x'], '--timeout is "5m".\n  → Give a number above zero.'],
    [['status', 'zzz'], 'taskId: give at least 4 characters of the task id'],
    [['submit', 'x'], 'Say who should do it.'],
    [['ask', 'x'], 'Say who should answer.'],
    [['call', 'mission_status', '[]'], '[] is no JSON object'],
    [['call', 'mission_status', '{'], '{ is not JSON'],
    [['board', 'dance'], 'The board knows no "dance".'],
    [['board', 'done'], 'missiond board done ID'],
    [['worktrees', 'add'], 'missiond worktrees does not understand "add".'],
    [['worktrees', 'remove', 'zzz'], 'taskId: give at least 4 characters of the task id'],
    [['slots', 'x'], 'Usage: missiond slots'],
    [['replay', '--bogus'], 'Usage: missiond replay'],
    [['replay'], 'Usage: missiond replay'],
    [['dance'], 'there is no command "dance".\n  → missiond --help lists them.\n'],
    [['workr'], 'Did you mean worker or work or workers?'],
    [['merge', 'work/fox', '--queue'], 'without a word for what'],
    [['repo', 'config', 'nosuch=1'], '  → Unrecognized key'],
    [[], 'Usage: missiond COMMAND'],
  ])('%j', async (argv, says) => {
    const home = argv.length > 0 && argv[0] !== 'replay' ? ['--home', path.dirname(doors.socketFile)] : [];
    const { status, out, err } = await runCli([...argv, ...home]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(says);
    // One arrow, before what to do.
    expect(err.match(/→/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(err).not.toContain('"code"');
  });
});

describe('help and version are no mistakes', () => {
  test.each([
    [['-h'], 'Usage: missiond COMMAND'],
    [['--help'], 'Usage: missiond COMMAND'],
    [['help'], 'Usage: missiond COMMAND'],
    [['status', '-h'], 'Usage: missiond status'],
    [['submit', '--help'], 'Usage: missiond submit'],
    [['replay', '-h'], 'Usage: missiond replay'],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['version'], /^\d+\.\d+\.\d+\n$/],
    [['-V'], /^\d+\.\d+\.\d+\n$/],
  ])('%j', async (argv, says) => {
    const { status, out, err } = await runCli(argv);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(says);
  });
});
