import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { SlotId } from '../../db/ids.ts';

/** How the program of a slot reaches the daemon: for its hooks, its status line, and whoever acts as the slot. */
export function doorFileOf(home: string, slotId: SlotId): string {
  return path.join(home, 'agents', slotId, 'door.json');
}

/**
 * The token of a slot's running session.
 * @throws what reading and zod say when there is none
 */
export function readSlotToken(home: string, slotId: SlotId): string {
  const file = readFileSync(doorFileOf(home, slotId), 'utf8');
  return z.object({ token: z.string().min(1) }).parse(JSON.parse(file)).token;
}
