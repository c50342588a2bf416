import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The wall clock of every process of a run. */
export interface ShiftedClock {
  /** What a process needs in its environment to have this clock. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds before (negative) or behind the clock of the machine. */
  shift(milliseconds: number): void;
}

/** Null where no C compiler is, or it cannot build the library (LD_PRELOAD is Linux's). */
export function createShiftedClock(directory: string): ShiftedClock | null {
  const library = path.join(directory, 'clock-shift.so');
  const file = path.join(directory, 'clock-shift');
  const source = fileURLToPath(new URL('./clock-shift.c', import.meta.url));
  if (process.platform !== 'linux') return null;
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], { stdio: 'pipe' });
  } catch {
    return null;
  }
  function shift(milliseconds: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(milliseconds));
    // In place: the processes have the file mapped.
    writeFileSync(file, bytes, { flag: 'r+' });
  }
  writeFileSync(file, Buffer.alloc(8));
  // The daemon starts the pty host with next to no environment: it is given a program that adds what is needed.
  const program = path.join(directory, 'node');
  const env = { LD_PRELOAD: library, MISSION_CHAOS_CLOCK: file };
  const words = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(program, `#!/bin/sh\n${words.join(' ')} exec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  const otherProgram = path.join(directory, 'node-program.mjs');
  writeFileSync(otherProgram, `process.execPath = ${JSON.stringify(program)};\n`);
  return { env: { ...env, NODE_OPTIONS: `--import=${pathToFileURL(otherProgram)}` }, shift };
}
