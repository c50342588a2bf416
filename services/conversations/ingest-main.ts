// The thread that reads transcripts: with a connection of its own, so that the daemon is not kept from its work.
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { openDatabase } from '../../db/open.ts';
import { redactTokens } from '../../db/redact-tokens.ts';
import { createWriteTurn } from '../../db/write-turn.ts';
import { runningSessions } from '../claude/running-sessions.ts';
import { createTaskListFollower } from '../claude-tasks/follow-task-lists.ts';
import { createTaskFileLister } from '../claude-tasks/list-task-files.ts';
import type { TaskListChange } from '../claude-tasks/listed-task.ts';
import { createRedaction } from '../config/redact.ts';
import { messageOf } from '../errors/message-of.ts';
import { createClaudeTaskLedger } from '../ledger/claude-task-ledger.ts';
import { createConversationRetention } from '../ledger/conversation-retention.ts';
import { createMessageIndex } from '../ledger/message-index.ts';
import { createTranscriptLedger } from '../ledger/transcript-ledger.ts';
import { followTranscripts } from './follow-transcripts.ts';
import { type IngestNews, IngestOrder, KnownSecrets } from './ingest-progress.ts';
import { createHousekeeping } from './keep-house.ts';
import { createIndexKeeping } from './keep-index.ts';
import { createTranscriptLister } from './list-transcripts.ts';
import { createTranscriptReader } from './read-transcripts.ts';
import { createMayRead, directoriesOf, listSources } from './transcript-sources.ts';

const DAY_MS = 24 * 60 * 60_000;
/** The clock of a file and that of a line differ by less. */
const JUST_NOW_MS = 60_000;

export const IngestSettings = z.object({
  databaseFile: z.string(),
  /** Where the person's own Claude Code keeps its files; null where that is not known. */
  personDirectory: z.string().nullable(),
  /** Whether the person's own conversations are read, or those of slots only. */
  readPerson: z.boolean(),
  keepDays: z.number().optional(),
  keepLongDays: z.number(),
  known: KnownSecrets,
  turn: z.instanceof(SharedArrayBuffer),
});
export type IngestSettings = z.infer<typeof IngestSettings>;

const port = parentPort;
if (port === null) throw new Error('ingest-main is a thread of the daemon, not a program');
const settings = IngestSettings.parse(workerData);
const database = openDatabase(settings.databaseFile);
// Sooner than the daemon's own connection, which is to find little left to do.
database.raw.pragma('wal_autocheckpoint = 2000');
/** Kilobytes for pages of the indexes: much while much is read, and given back afterwards. */
const [MUCH_ROOM, LITTLE_ROOM] = [65_536, 1_024];
let room = LITTLE_ROOM;
database.raw.pragma(`cache_size = -${room}`);
const turn = createWriteTurn(settings.turn);
const ledger = createTranscriptLedger(database.db, turn.standBack);
const lister = createTranscriptLister(() => Date.now());
const stopping = new AbortController();
const say = (news: IngestNews): void => port.postMessage(news);
let wake = (): void => {};
let withheldSlots: ReadonlySet<string> = new Set();
let takeSecretsOut = (text: string): string => text;

function learn(known: KnownSecrets): void {
  withheldSlots = new Set(known.withheldSlots);
  const redaction = createRedaction(known.secrets);
  takeSecretsOut = (text) => redactTokens(redaction(text));
}

learn(settings.known);

port.on('message', (message: unknown) => {
  const order = IngestOrder.parse(message);
  if (order.type === 'close') stopping.abort();
  if (order.type === 'look') lister.lookAtAll();
  if (order.type === 'secrets') learn(order.known);
  wake();
});
const redact = (text: string): string => takeSecretsOut(text);
const directories = (): ReadonlySet<string> => directoriesOf(settings, ledger);
const reader = createTranscriptReader(ledger, redact);
const lookAtTaskLists = createTaskListFollower({
  lister: createTaskFileLister(() => Date.now()),
  directories,
  mayRead: () => createMayRead(settings, ledger, withheldSlots),
  ledger: createClaudeTaskLedger(database.db, turn.standBack),
  redact,
  keptSince: () => (settings.keepDays === undefined ? 0 : Date.now() - settings.keepDays * DAY_MS),
  now: () => Date.now(),
});
let running = '';

/** What has just happened is told; what a history says is looked up. */
function tellTaskLists(changes: readonly TaskListChange[]): void {
  const now = Date.now();
  const news = changes.filter(({ at }) => now - at < JUST_NOW_MS);
  if (news.length > 0) say({ type: 'task_lists', changes: news });
}

async function tellSessions(): Promise<void> {
  const mayRead = createMayRead(settings, ledger, withheldSlots);
  const found = await runningSessions(directories());
  const sessions = found.filter(({ sessionId }) => mayRead(sessionId));
  const mark = JSON.stringify(sessions);
  if (mark === running) return;
  running = mark;
  say({ type: 'sessions', sessions });
}

await followTranscripts({
  list() {
    tellTaskLists(lookAtTaskLists());
    return listSources(settings, ledger, lister, withheldSlots);
  },
  offsets: ledger.offsets,
  reader: {
    step(file) {
      const step = reader.step(file);
      tellTaskLists(step.taskLists);
      return step;
    },
  },
  index: createIndexKeeping(createMessageIndex(database.db, turn.standBack)),
  tell(progress) {
    const wanted = progress.phase === 'reading' ? MUCH_ROOM : LITTLE_ROOM;
    if (wanted !== room) {
      room = wanted;
      database.raw.pragma(`cache_size = -${room}`);
      database.raw.pragma('shrink_memory');
    }
    say({ type: 'progress', progress });
  },
  problem: (error) => say({ type: 'problem', message: error === null ? null : messageOf(error) }),
  async pause(ms) {
    await tellSessions();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (stopping.signal.aborted) wake();
    });
  },
  keepHouse: createHousekeeping(createConversationRetention(database.db, turn.standBack), settings, () =>
    Date.now(),
  ),
  now: () => Date.now(),
  signal: stopping.signal,
});
database.close();
port.close();
