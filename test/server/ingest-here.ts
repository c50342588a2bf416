import path from 'node:path';
import type { MissionDatabase } from '../../db/open.ts';
import { redactTokens } from '../../db/redact-tokens.ts';
import { createTaskListFollower } from '../../services/claude-tasks/follow-task-lists.ts';
import { createTaskFileLister } from '../../services/claude-tasks/list-task-files.ts';
import { createTranscriptLister } from '../../services/conversations/list-transcripts.ts';
import { createTranscriptReader } from '../../services/conversations/read-transcripts.ts';
import type { StartIngest } from '../../services/conversations/start-ingest.ts';
import { createClaudeTaskLedger } from '../../services/ledger/claude-task-ledger.ts';
import { createMessageIndex } from '../../services/ledger/message-index.ts';
import { createTranscriptLedger } from '../../services/ledger/transcript-ledger.ts';

/** Reads what lies below `<directory>/.claude` when it is asked to look, in this thread: a database in memory has no other. */
export function startIngestHere(db: MissionDatabase, directory: string): StartIngest {
  const reader = createTranscriptReader(createTranscriptLedger(db), redactTokens);
  const index = createMessageIndex(db);
  const lookAtTaskLists = createTaskListFollower({
    lister: createTaskFileLister(() => Date.now()),
    directories: () => new Set([path.join(directory, '.claude')]),
    mayRead: () => () => true,
    ledger: createClaudeTaskLedger(db),
    redact: redactTokens,
    keptSince: () => 0,
    now: () => Date.now(),
  });
  const lister = createTranscriptLister(() => Date.now());
  return ({ heard }) => ({
    look() {
      const files = lister.list([path.join(directory, '.claude')]);
      let bytesRead = 0;
      const changes = [...lookAtTaskLists()];
      for (const file of files)
        for (let step = reader.step(file.path); step.bytes > 0; step = reader.step(file.path)) {
          bytesRead += step.bytes;
          changes.push(...step.taskLists);
        }
      while (index.followUp());
      const progress = {
        phase: 'following' as const,
        files: files.length,
        bytesRead,
        bytesTotal: bytesRead,
        bytesPerSecond: 0,
      };
      heard({ type: 'task_lists', changes });
      heard({ type: 'progress', progress });
    },
    learn() {},
    async close() {},
  });
}
