import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { WorkRequest } from '../../../actors/agents/api.ts';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { AgentName, RepositoryName, type SlotId } from '../../../db/ids.ts';
import { idleReading } from '../fake-pty-host.ts';
import { createStage, hook, notingKeyboard, PROGRAM, slotOf, until } from '../mission-stage.ts';

export const shop = RepositoryName.parse('shop');
export const named = (name: string) => AgentName.parse(name);
export const never: AbortSignal = new AbortController().signal;

/** A mission with fake terminals and a real repository `shop`, which has a bare remote on disk. */
export function createAgentsStage() {
  const typed: string[] = [];
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-agents-')));
  const origin = path.join(folder, 'origin.git');
  const main = path.join(folder, 'shop');

  function gitIn(cwd: string) {
    return (...args: readonly string[]): string =>
      execFileSync('git', args, {
        cwd,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          GIT_AUTHOR_NAME: 'p',
          GIT_AUTHOR_EMAIL: 'p@example.org',
          GIT_COMMITTER_NAME: 'p',
          GIT_COMMITTER_EMAIL: 'p@example.org',
        },
      }).trim();
  }

  function commitIn(cwd: string, file: string, text: string): string {
    writeFileSync(path.join(cwd, file), text);
    gitIn(cwd)('add', '--', file);
    gitIn(cwd)('commit', '-qm', `${file}: ${text}`);
    return gitIn(cwd)('rev-parse', 'HEAD');
  }

  gitIn(folder)('init', '-q', '--bare', '-b', 'trunk', origin);
  gitIn(folder)('clone', '-q', origin, main);
  gitIn(main)('checkout', '-qb', 'trunk');
  commitIn(main, 'readme.md', 'one');
  gitIn(main)('push', '-qu', 'origin', 'trunk');
  const stage = createStage({
    slots: [slotOf()],
    keyboard: () => notingKeyboard(typed),
    prepare: async ({ cwd }, plan) => ({ ...PROGRAM, cwd: plan.cwd ?? cwd }),
  });

  /** The agent's session stands at its prompt. */
  async function stands(mission: RunningMission, slotId: SlotId): Promise<void> {
    await until(mission, 'live', () => mission.slot(slotId).status === 'live');
    stage.fake.show(slotId, idleReading());
    await until(mission, 'idle', () => mission.slot(slotId).state === 'idle');
    await hook(mission, 'SessionStart', { source: 'startup' }, slotId);
  }

  return {
    folder,
    origin,
    main,
    stage,
    /** What was typed into any slot. */
    typed,
    gitIn,
    commitIn,
    stands,

    /** A clone of the bare remote, as a colleague has one. */
    colleague(): string {
      const place = path.join(folder, 'colleague');
      gitIn(folder)('clone', '-q', origin, place);
      return place;
    },

    async startWithShop(change: Parameters<typeof stage.start>[0] = {}): Promise<RunningMission> {
      const mission = await stage.start(change);
      await mission.repositories.add(
        { source: main, name: shop, timeoutMs: 60_000 },
        { signal: never, progress() {} },
      );
      return mission;
    },

    work: (mission: RunningMission, change: Partial<WorkRequest> = {}) =>
      mission.workers.create(
        { task: 'do it', which: { repository: 'shop' }, submitter: 'test', ...change },
        never,
      ),

    /** Its task runs. */
    async begins(mission: RunningMission, slotId: SlotId, prompt = 'do it'): Promise<void> {
      await stands(mission, slotId);
      await until(mission, 'typed', () => typed.includes(prompt));
      await hook(mission, 'UserPromptSubmit', { prompt }, slotId);
    },

    /** Its turn comes to its end. */
    async ends(mission: RunningMission, slotId: SlotId, words: string): Promise<void> {
      await hook(mission, 'Stop', { last_assistant_message: words, stop_hook_active: false }, slotId);
      stage.fake.show(slotId, idleReading());
    },

    async close(): Promise<void> {
      await stage.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type AgentsStage = ReturnType<typeof createAgentsStage>;
