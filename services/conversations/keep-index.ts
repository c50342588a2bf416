import type { MessageIndex } from '../ledger/message-index.ts';

/** What was read is indexed in pieces of this, which others do not wait for long. */
const INDEX_EVERY_BYTES = 2 * 1024 * 1024;
/** Pieces up to which reading goes before merging: a search looks into each of them. */
const MOST_UNMERGED = 200;

/** When the full-text index follows what is read: seldom and much while much is read, at once when all is. */
export interface IndexKeeping {
  /** After so many bytes were read. */
  read(bytes: number): void;
  /** Called while nothing is left to read: true when all is found that was read. */
  isComplete(): boolean;
  /** Called while nothing else is to be done: true while there is something left to put in order. */
  tidy(): boolean;
}

export function createIndexKeeping(index: MessageIndex): IndexKeeping {
  let unindexedBytes = 0;
  /** An earlier run may have left pieces. */
  let unmerged = 1;
  let isMerging = false;

  function followUp(): boolean {
    const hasFollowed = index.followUp();
    if (hasFollowed) unmerged += 1;
    return hasFollowed;
  }

  function merge(): boolean {
    isMerging = index.merge();
    if (!isMerging) unmerged = 0;
    return isMerging;
  }

  return {
    read(bytes) {
      unindexedBytes += bytes;
      if (unindexedBytes < INDEX_EVERY_BYTES) return;
      unindexedBytes = 0;
      followUp();
      if (isMerging || unmerged >= MOST_UNMERGED) merge();
    },
    isComplete() {
      unindexedBytes = 0;
      return !followUp();
    },
    tidy: () => unmerged > 0 && merge(),
  };
}
