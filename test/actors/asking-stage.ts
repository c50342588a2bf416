import { expect } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { AskWish } from '../../actors/questions/own-questions-api.ts';
import type { TaskId } from '../../db/ids.ts';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, notingKeyboard, slotId, taskIs, until } from './mission-stage.ts';

export const wishOf = (change: Partial<AskWish> = {}): AskWish => ({
  question: 'Tabs or spaces?',
  options: ['Tabs', 'Spaces'],
  of: 'supervisor',
  wait: true,
  ...change,
});

/** A mission whose agent asks: what is typed into its session is noted, and its turns begin and end by hand. */
export function createAskingStage() {
  const typed: string[] = [];
  const stage = createStage({ keyboard: () => notingKeyboard(typed) });

  async function begins(mission: RunningMission, taskId: TaskId): Promise<void> {
    const before = typed.length;
    await until(mission, 'typed', () => typed.length > 0 && mission.task(taskId).status !== 'queued');
    await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1), prompt_id: `p${typed.length}` });
    await taskIs(mission, taskId, 'running');
    expect(typed.length).toBeGreaterThanOrEqual(before);
  }

  return {
    stage,
    typed,
    begins,

    async taskRuns(mission: RunningMission): Promise<TaskId> {
      const { taskId } = await mission.submit({ slotId, prompt: 'format the code' });
      await begins(mission, taskId);
      return taskId;
    },

    async turnEnds(mission: RunningMission, words: string): Promise<void> {
      await hook(mission, 'Stop', { last_assistant_message: words, prompt_id: `p${typed.length}` });
      stage.fake.show(slotId, idleReading());
    },

    /** What waits, asked while the tool's call goes on. */
    async asked(mission: RunningMission): Promise<string> {
      await until(mission, 'asked', () => mission.questions().length > 0);
      return mission.questions()[0]?.id ?? '';
    },
  };
}

export type AskingStage = ReturnType<typeof createAskingStage>;
