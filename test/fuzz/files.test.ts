import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replay } from '../../actors/replay.ts';
import { readLastWords } from '../../services/claude/last-words.ts';
import { readSessionStatus } from '../../services/claude/session-registry.ts';
import { readTurn } from '../../services/claude/transcript.ts';
import { NOTHING_COUNTED, readUsage, transcriptsOf } from '../../services/claude/transcript-usage.ts';
import { loadSlots } from '../../services/config/slots-file.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { loadPolicy } from '../../services/permissions/policy.ts';
import { openRecording } from '../../services/recording/asciicast.ts';
import { readRouterSettings } from '../../services/router/read-settings.ts';
import { readFaces } from '../../services/terminal/faces-file.ts';
import { createRandom, type Random } from '../chaos/random.ts';
import { messageLike, mutatedBytes, mutatedJson } from './mutate.ts';
import { printSettings, seedOf, shareMs } from './settings.ts';
import {
  CREDENTIALS,
  FACES_YAML,
  PERMISSIONS_YAML,
  RECORDING,
  REGISTER,
  ROUTER_YAML,
  SLOTS_YAML,
  STRANGE_YAML,
  TRANSCRIPT,
} from './valid-files.ts';

const SHARE = 0.2;
/** Caches fill; what leaks, leaks with every file. */
const MOST_GROWTH = { megabytes: 24, descriptors: 5 };

let directory: string;
beforeAll(() => {
  printSettings('files');
  directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-fuzz-files-'));
  mkdirSync(path.join(directory, 'sessions'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Lines of which some are nearly right, some are doubled, and the last may be half written. */
function linesLike(valid: string, random: Random): Buffer {
  /** So few are changed now and then that the rest is read, too. */
  const whole = random.between(70, 97) / 100;
  const lines = valid
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const chance = random.next();
      if (chance < whole) return [line];
      const other = mutatedJson(JSON.parse(line), random);
      return random.next() < 0.7 ? [other] : [line, other];
    });
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return random.next() < 0.7 ? bytes : mutatedBytes(bytes, random);
}

function yamlLike(valid: string, random: Random): Buffer {
  const lines = valid.split('\n');
  lines.splice(random.between(0, lines.length), random.between(0, 2), random.pick(STRANGE_YAML));
  const bytes = Buffer.from(random.next() < 0.5 ? lines.join('\n') : valid);
  return random.next() < 0.3 ? bytes : mutatedBytes(bytes, random);
}

/** Each reader with a file for it: resolves with what it read, rejects with what it says of the file. */
const READERS: Readonly<Record<string, (random: Random) => Promise<unknown>>> = {
  async transcripts(random) {
    const file = path.join(directory, 'session.jsonl');
    writeFileSync(file, linesLike(TRANSCRIPT, random));
    const turn = await readTurn(file, { prompt: 'say: hello', afterOffset: random.between(0, 40) });
    const { tokens, mark } = await readUsage(file, NOTHING_COUNTED);
    for (const count of Object.values(tokens)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
    expect((await readUsage(file, mark)).tokens.output).toBe(0);
    return [turn, await transcriptsOf(file), await readLastWords(file)];
  },
  async registers(random) {
    const file = path.join(directory, 'sessions', `${process.pid}.json`);
    writeFileSync(file, messageLike(REGISTER, random));
    return readSessionStatus(directory, process.pid);
  },
  async recordings(random) {
    const file = path.join(directory, 'recording.cast');
    writeFileSync(file, linesLike(RECORDING, random));
    const changes: unknown[] = [];
    for await (const change of replay(await openRecording(file))) changes.push(change);
    return changes;
  },
  async 'slots.yaml'(random) {
    const file = path.join(directory, 'slots.yaml');
    writeFileSync(file, yamlLike(SLOTS_YAML, random));
    return loadSlots(file);
  },
  async 'permissions.yaml'(random) {
    const file = path.join(directory, 'permissions.yaml');
    writeFileSync(file, yamlLike(PERMISSIONS_YAML, random));
    return loadPolicy(file);
  },
  async 'faces.yaml'(random) {
    const file = path.join(directory, 'faces.yaml');
    writeFileSync(file, yamlLike(FACES_YAML, random));
    return readFaces(file);
  },
  async 'the files of the router'(random) {
    writeFileSync(path.join(directory, 'router.yaml'), yamlLike(ROUTER_YAML, random));
    writeFileSync(path.join(directory, 'credentials.json'), messageLike(CREDENTIALS, random), {
      mode: 0o600,
    });
    try {
      return readRouterSettings(directory, { ROUTER_KEY: CREDENTIALS.api_key });
    } catch (error) {
      expect(String(error)).not.toContain(CREDENTIALS.api_key);
      throw error;
    }
  },
};

/** What this process holds, garbage collected. */
function held(): { readonly megabytes: number; readonly descriptors: number } {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return {
    megabytes: process.memoryUsage().heapUsed / 1024 ** 2,
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

test.each(Object.entries(READERS))(
  '%s of any content are read, or refused with a reason, and nothing is kept of them',
  async (name, read) => {
    const reasons = new Map<string, number>();
    const marks: ReturnType<typeof held>[] = [];
    let attempt = 0;
    for (let third = 0; third < 3; third += 1) {
      const until = Date.now() + shareMs(SHARE) / Object.keys(READERS).length / 3;
      for (; Date.now() < until; attempt += 1) {
        let outcome = 'read';
        await read(createRandom(seedOf(name, attempt))).catch((cause: unknown) => {
          if (!(cause instanceof MissionError))
            throw new Error(`${name}, attempt ${attempt}: ${String(cause)}`, { cause });
          expect(cause.message).toContain(directory);
          outcome = cause.code;
        });
        reasons.set(outcome, (reasons.get(outcome) ?? 0) + 1);
      }
      marks.push(held());
    }
    process.stdout.write(`${String(attempt).padStart(7)} ${name}: ${JSON.stringify([...reasons])}\n`);
    expect(Object.hasOwn(Object.prototype, 'allow')).toBe(false);
    const [first, , last] = marks;
    if (first === undefined || last === undefined) throw new Error('nothing was measured');
    expect(last.megabytes - first.megabytes).toBeLessThan(MOST_GROWTH.megabytes);
    expect(last.descriptors - first.descriptors).toBeLessThan(MOST_GROWTH.descriptors);
  },
);
