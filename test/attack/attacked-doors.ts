import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { type OpenDoors, openDoors } from '../server/open-doors.ts';

export interface AttackedDoors {
  readonly doors: OpenDoors;
  /** Tokens that open less than the owner's. */
  readonly viewer: string;
  readonly orchestrator: string;
  /** Whatever was tried: nothing was done, nothing failed, nothing was written, and the owner is served. Closes the doors. */
  closeUntouched(): Promise<void>;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
export const JSON_TYPE = { 'content-type': 'application/json' };

/** Doors with two sessions behind them, for somebody who tries what should not work. */
export async function openAttackedDoors(): Promise<AttackedDoors> {
  const doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  await doors.client.ptySpawn({ slotId: 'coder-2' });
  const viewer = doors.tokens.create('viewer', undefined).token;
  const orchestrator = doors.tokens.create('orchestrator', undefined).token;
  const filesNow = (): readonly string[] =>
    readdirSync(path.dirname(doors.home), { recursive: true, encoding: 'utf8' })
      .filter((file) => !/(?:^|\/)(?:logs|agents|projects)\/|tokens|settings|\.claude/.test(file))
      .sort();
  const files = filesNow();
  return {
    doors,
    viewer,
    orchestrator,
    async closeUntouched() {
      expect(doors.downs()).toBe(0);
      expect(doors.errors().filter((line) => !line.includes('a hook failed'))).toEqual([]);
      expect(filesNow()).toEqual(files);
      const { slots } = await doors.client.ptyStatus({});
      expect(slots.map(({ slotId, status }) => [slotId, status === 'stopped'])).toEqual([
        ['coder-1', false],
        ['coder-2', false],
        ['researcher-1', true],
      ]);
      await doors.close();
    },
  };
}
