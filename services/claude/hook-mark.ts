import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Epoch, SlotId } from '../../db/ids.ts';

/**
 * Whether a run of Claude Code has called the hook relay (`status-line.mjs hook`), which notes it beside its door even
 * while no daemon answers: SessionStart, the first hook of every run, always goes through it.
 */
export function hookWasCalled(home: string, slotId: SlotId, epoch: Epoch): boolean {
  try {
    return readFileSync(path.join(home, 'agents', slotId, 'hook-called'), 'utf8').endsWith(`/${epoch}`);
  } catch {
    return false;
  }
}
