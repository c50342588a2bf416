import { getTableColumns, getTableName, isTable } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactTokens } from '../../db/redact-tokens.ts';
import { redactedJson } from '../../db/redacted-columns.ts';
import * as agents from '../../db/schema/agents.ts';
import * as board from '../../db/schema/board.ts';
import * as claudeTasks from '../../db/schema/claude-tasks.ts';
import * as conversations from '../../db/schema/conversations.ts';
import * as knowledge from '../../db/schema/knowledge.ts';
import * as memory from '../../db/schema/memory.ts';
import * as merging from '../../db/schema/merging.ts';
import * as messages from '../../db/schema/messages.ts';
import * as notices from '../../db/schema/notices.ts';
import * as nudges from '../../db/schema/nudges.ts';
import * as permissions from '../../db/schema/permissions.ts';
import * as repositories from '../../db/schema/repositories.ts';
import * as router from '../../db/schema/router.ts';
import * as skills from '../../db/schema/skills.ts';
import * as slots from '../../db/schema/slots.ts';
import * as spending from '../../db/schema/spending.ts';
import * as swarms from '../../db/schema/swarms.ts';
import * as taskEnds from '../../db/schema/task-ends.ts';
import * as tasks from '../../db/schema/tasks.ts';
import * as worktrees from '../../db/schema/worktrees.ts';
import { SEED } from '../fuzz/settings.ts';

/** Words of a person, an agent, the model or a screen: what looks like a secret is taken out by the column itself. */
const CLEAN = [
  'agents.completion',
  'agents.task',
  'agents.trouble',
  'attempts.error',
  'audit.argument',
  'audit.answer',
  'audit.change',
  'audit.rule',
  'board_notes.content',
  'board_tasks.blockedOn',
  'claude_tasks.activeForm',
  'claude_tasks.blockedBy',
  'claude_tasks.description',
  'claude_tasks.owner',
  'claude_tasks.subject',
  'deliveries.failure',
  'history.content',
  'inbox_messages.content',
  'knowledge_to_embed.because',
  'memory_jobs.error',
  'memory_jobs.outcome',
  'memory_jobs.snapshot',
  'merges.output',
  'merges.rows',
  'merges.trouble',
  'messages.body',
  'messages.failure',
  'nudges.snapshot',
  'notices.body',
  'notices.failure',
  'questions.answer',
  'questions.argument',
  'questions.context',
  'questions.options',
  'questions.question',
  'questions.rule',
  'reviews.comments',
  'router_turns.messages',
  'router_turns.answer',
  'router_turns.error',
  'slots.snapshot',
  'swarms.refused',
  'tasks.error',
  'tasks.labels',
  'tasks.progress',
  'tasks.result',
  'tasks.snapshot',
  'transitions.evidence',
  'worktrees.trouble',
];
/** Words that stay as they are, and why. ARCHITECTURE.md says what protects them. */
const WHOLE: Readonly<Record<string, string>> = {
  'message_usage.answer': 'the id of a message at the API',
  'tasks.prompt': 'will be typed',
  'swarms.prompts': 'will be typed',
  'swarms.roles': 'names of roles',
  'attempts.prompt': 'later attempts are told of it',
  'deliveries.expected': 'what was typed is compared with it',
  'tasks.verify': 'the command will be run, the prompt typed',
  'tasks.guard': 'calls are judged by it',
  'board_tasks.title': 'part of the prompt that will be typed',
  'board_tasks.description': 'part of the prompt that will be typed',
  'board_tasks.promptTemplate': 'the prompt that will be typed',
  'board_tasks.options': 'the check will be run',
  'board_runs.request': 'will be handed in',
  'merges.result': 'the hash of a commit',
  'merges.subject': 'as it was named, to be found again',
  'repositories.url': 'a clone is made of it; one with a password in it is refused',
  'repositories.upstreamUrl': 'as git names it, without what comes before an @',
  'repositories.remote': 'the name of a remote',
  'repositories.configuration': 'its commands will be run',
};
/** Written by the reader of transcripts, which takes secrets out of a text before it is cut. */
const CLEANED_BEFORE =
  /^conversation_messages\.text$|^conversation_events\.content$|^transcript_files\.tail$/;
/** What holds a secret is not taken in at all (`services/knowledge/secret-words.ts`). */
const REFUSED = /^knowledge/;
/** Names, numbers in text, words of our own. No door writes more into them than its schema says. */
const NAMES =
  /(?:[iI]d|Id|[iI]ds|cursor|status|kind|Kind|role|desired|epoch|day|code|Code|receiver|sender|addressee|replyTo|way|event|subject|by|By|author|submitter|place|path|Path|cwd|folder|Directory|repository|branch|base|target|head|method|verdict|commit|reviewer|rescue|hash|Hash|digest|version|Version|region|from|to|refreshingFrom|tool|decision|identity|priority|category|project|server|dueDate|assignee|claimExecutorType|outcome|urgency|waitingFor|noteType|requires|dependsOn|account|name|key|recent|model|type|gitBranch|defaultBranch|defaultBranchFrom|gitFolder|oneSlotId|otherSlotId|sharedPaths|conflictPaths|toldPaths|mediaType|fromRole|senderRole|fromBackend|worktree|list|idempotencyKey)$/;

const tables = [
  board,
  claudeTasks,
  conversations,
  knowledge,
  memory,
  merging,
  messages,
  notices,
  nudges,
  permissions,
  repositories,
  router,
  skills,
  slots,
  spending,
  swarms,
  taskEnds,
  tasks,
  worktrees,
  agents,
].flatMap((schema) => Object.values(schema).filter((one) => isTable(one)));
const columns = tables.flatMap((table) =>
  Object.entries(getTableColumns(table))
    .filter(([, column]) => column.getSQLType() === 'text')
    .map(([name, column]) => ({
      name: `${getTableName(table)}.${name}`,
      isClean: column.columnType === 'SQLiteCustomColumn',
    })),
);

test.each(columns)('$name holds secrets only where it has to', ({ name, isClean }) => {
  expect(isClean).toBe(CLEAN.includes(name));
  expect([isClean, name in WHOLE, CLEANED_BEFORE.test(name), REFUSED.test(name), NAMES.test(name)]).toContain(
    true,
  );
});

test('every column of the lists is there', () => {
  const names = columns.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...CLEAN, ...Object.keys(WHOLE)]));
});

test('whatever is said, a clean column holds JSON of the same shape', () => {
  const said = fc.array(
    fc.constantFrom(
      '\n',
      '"',
      '\\',
      '\\n',
      '\\u0041',
      '-----BEGIN RSA PRIVATE KEY-----',
      'AAAA',
      '-----END RSA PRIVATE KEY-----',
      ` sk-ant-api03-${'aB3d'.repeat(10)}`,
      'https://me:pass@example.org',
      'Authorization: Bearer abcdefgh',
      'é\u{1f600}',
    ),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), said), (words) => {
      const value = Object.entries(words).map(([key, parts]) => ({ [key]: parts.join('') }));
      const text = JSON.stringify(value);
      // In a text that is JSON already, as a line of a log, it is taken out as well.
      const read: unknown = JSON.parse(redactTokens(text));
      expect(JSON.stringify(read)).not.toContain('sk-ant-api03');
      expect(Array.isArray(read) && read.length).toBe(value.length);
    }),
    { seed: SEED, numRuns: 500 },
  );
  expect(typeof redactedJson).toBe('function');
});
