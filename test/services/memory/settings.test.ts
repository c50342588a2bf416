import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MemorySettingsSchema } from '../../../services/memory/settings.ts';

test('the memory reads what a slot of its role can, unless slots.yaml says otherwise', () => {
  expect(MemorySettingsSchema.parse({})).toEqual({
    worker: 'slot',
    exclude: [],
    historyDays: 7,
    realtime: { afterSeconds: 60, messages: 50 },
    deep: { afterMinutes: 10, everyMessages: 100 },
    consolidation: { everyHours: 24, execute: false },
    pauseHours: 2,
    keepDays: 90,
  });
  const { realtime, exclude } = MemorySettingsSchema.parse({ realtime: false, exclude: ['~/private'] });
  expect([realtime, exclude]).toEqual([false, [path.join(os.homedir(), 'private')]]);
  expect(MemorySettingsSchema.safeParse({ deep: { every: 1 } }).success).toBe(false);
});
