import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The moment in which a git stands still: before or behind what its call does. */
export interface Standstill {
  /** Counted from 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** Longer than any test: it is ended with whoever called it. Seconds. */
const STANDS_STILL_S = 600;

/** A program `git` in a folder of its own, which stands still where it is told to, and is git otherwise. */
export function createStoppingGit(folder: string) {
  mkdirSync(folder);
  const [calls, standstill, stands] = ['calls', 'standstill', 'stands'].map((name) =>
    path.join(folder, name),
  );
  if (calls === undefined || standstill === undefined || stands === undefined) throw new Error('three names');
  const systemPath = process.env['PATH'] ?? '';
  const stop = `: > ${stands}; exec sleep ${STANDS_STILL_S}`;
  const script = `#!/bin/sh
PATH='${systemPath}'
echo "$*" >> ${calls}
read call when < ${standstill}
[ "$(wc -l < ${calls})" = "$call" ] || exec git "$@"
[ "$when" = before ] || git "$@" > /dev/null 2>&1
${stop}
`;
  writeFileSync(path.join(folder, 'git'), script, { mode: 0o755 });
  return {
    env: { ...process.env, PATH: `${folder}:${systemPath}` },
    /** The next calls are counted anew. */
    standsStillAt(where: Standstill | null): void {
      writeFileSync(calls, '');
      rmSync(stands, { force: true });
      writeFileSync(standstill, where === null ? '0 -\n' : `${where.call} ${where.when}\n`);
    },
    stands: () => existsSync(stands),
    /** What it was called for since, without what is said with every call. */
    calls: (): readonly string[] =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/^(?:-c \S+ )*/, '')),
  };
}
