import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SlotId } from '../../db/ids.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';
import type { PictureFormat } from './drawing-messages.ts';

/** Of one slot: enough to look back a little. */
const MOST_OF_A_SLOT = 20;
/** Of all slots together, those of agents that are gone included. */
const MOST_IN_ALL = 400;

/** Milliseconds have thirteen digits until the year 2286; a slot's name may itself end with such a number. */
const NAME = /^(.+)-(\d{13})\.(?:png|svg|cast)$/;

interface KeptFile {
  readonly name: string;
  readonly slotId: string;
  readonly at: number;
}

function kept(folder: string): readonly KeptFile[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const [, slot, at] = NAME.exec(name) ?? [];
      const slotId = SlotId.safeParse(slot);
      return slotId.success ? [{ name, slotId: slotId.data, at: Number(at) }] : [];
    })
    .sort((one, other) => other.at - one.at);
}

/** The newest stay; files of other names are the person's. */
function prune(folder: string, slotId: SlotId): void {
  const all = kept(folder);
  const tooMany = [
    ...all.filter((file) => file.slotId === slotId).slice(MOST_OF_A_SLOT),
    ...all.slice(MOST_IN_ALL),
  ];
  for (const { name } of tooMany) rmSync(path.join(folder, name), { force: true });
}

/** @returns false when there is such a file */
function writeAnew(file: string, bytes: Uint8Array): boolean {
  try {
    writeFileSync(file, bytes, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw new MissionError('screenshot_failed', `${file} cannot be written: ${messageOf(error)}`, {
      remedy: 'Look whether the disk is full, and whose the folder is.',
      cause: error,
    });
  }
}

/**
 * Keeps a picture for its owner alone, and takes away the oldest of that slot.
 * @returns its path
 * @throws MissionError `screenshot_failed`
 */
export function keepScreenshot(
  folder: string,
  {
    slotId,
    format,
    bytes,
    now,
  }: {
    readonly slotId: SlotId;
    readonly format: PictureFormat;
    readonly bytes: Uint8Array;
    readonly now: number;
  },
): string {
  // A clock that was set back must not make it the oldest, which goes first.
  const newest = kept(folder).find((file) => file.slotId === slotId)?.at ?? 0;
  let at = Math.max(now, newest + 1);
  // Somebody else's may be called so.
  while (!writeAnew(path.join(folder, `${slotId}-${at}.${format}`), bytes)) at += 1;
  prune(folder, slotId);
  return path.join(folder, `${slotId}-${at}.${format}`);
}
