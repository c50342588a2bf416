import type { z } from 'zod';
import type { BoardNode, BoardTaskView } from '../../../actors/board/board-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import {
  boardClaim,
  boardCreate,
  boardDelete,
  boardGet,
  boardList,
  boardNoteAdd,
  boardSummary,
  boardUpdate,
} from '../../tools/board.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

const SHORT_ID = 8;

interface Verb {
  readonly usage: string;
  /** Words behind the verb: least and most. */
  readonly words: readonly [number, number];
  run(words: readonly string[], parsed: ParsedCommand, context: CommandContext): Promise<void>;
}

const line = ({ id, status, title }: BoardTaskView): string =>
  `${id.slice(0, SHORT_ID)}  ${status}  ${title}\n`;

function rowsOf(nodes: readonly BoardNode[], depth = 0): readonly (readonly string[])[] {
  return nodes.flatMap((node) => [
    [
      node.id.slice(0, SHORT_ID),
      node.status,
      node.priority,
      node.autoExecute ? 'auto' : '',
      (node.claimExecutorType === 'autopilot' ? node.assignee : node.claimExecutorId) ?? node.assignee ?? '',
      node.dueDate ?? '',
      `${'· '.repeat(depth)}${node.title}`,
    ],
    ...rowsOf(node.children, depth + 1),
  ]);
}

function detailsOf(task: z.infer<typeof boardGet.output>): string {
  const { description, blockedOn, waitsFor, taskId, notes, children } = task;
  const asks = blockedOn === undefined ? [] : [`waits for: ${blockedOn.question}`];
  const answer =
    blockedOn?.slotId === undefined
      ? []
      : [`answer it: missiond attach ${blockedOn.slotId} (or mission_pty_confirm)`];
  return [
    line(task).trimEnd(),
    ...(description === '' ? [] : [description]),
    ...asks,
    ...answer,
    ...(waitsFor === undefined ? [] : [waitsFor]),
    ...(taskId === undefined ? [] : [`its last run: missiond status ${taskId}`]),
    ...children.map((child) => `· ${line(child).trimEnd()}`),
    ...notes.map(
      ({ createdAt, author, content }) => `${new Date(createdAt).toISOString()} ${author}: ${content}`,
    ),
    '',
  ].join('\n');
}

/** The fields that were named; an empty word clears. */
function fieldsOf({ values }: ParsedCommand): Record<string, unknown> {
  const clearable = {
    description: values['description'],
    project: values['project'],
    server: values['server'],
    dueDate: values['due'],
    parentId: values['parent'],
    assignee: values['assignee'],
    promptTemplate: values['prompt'],
  };
  const said = {
    ...Object.fromEntries(
      Object.entries(clearable).map(([key, value]) => [key, value === '' ? null : value]),
    ),
    title: values['title'],
    priority: values['priority'],
    category: values['category'],
    hidden: values['hide'] === true ? true : values['unhide'] === true ? false : undefined,
    autoExecute: values['auto'] === true ? true : values['manual'] === true ? false : undefined,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

async function update(
  id: string | undefined,
  change: object,
  { call, print }: CommandContext,
): Promise<void> {
  const task = boardUpdate.output.parse(await call('mission_board_update', { id, ...change }));
  print(task, () => `${line(task)}${task.hint === undefined ? '' : `${task.hint}\n`}`);
}

/** Sets a status. */
const becomes = (status: string): Verb => ({
  usage: 'ID',
  words: [1, 1],
  run: ([id], _, context) => update(id, { status }, context),
});

const VERBS: Readonly<Record<string, Verb>> = {
  list: {
    usage: '[--status S] [--project P] [--category C] [--assignee A] [--all]',
    words: [0, 0],
    async run(_, { values }, { call, print }) {
      const { status, project, category, assignee } = values;
      const filter = { status, project, category, assignee, includeHidden: values['all'] };
      const said = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
      const output = boardList.output.parse(await call('mission_board_list', said));
      print(output, () =>
        table(['ID', 'STATUS', 'PRIORITY', '', 'WHO', 'DUE', 'TITLE'], rowsOf(output.tasks)),
      );
    },
  },
  show: {
    usage: 'ID',
    words: [1, 1],
    async run([id], _, { call, print }) {
      const task = boardGet.output.parse(await call('mission_board_get', { id }));
      print(task, () => detailsOf(task));
    },
  },
  add: {
    usage: 'TITLE [FIELDS]',
    words: [1, 1],
    async run([title], parsed, { call, print }) {
      const task = boardCreate.output.parse(
        await call('mission_board_create', { ...fieldsOf(parsed), title }),
      );
      print(task, () => line(task));
    },
  },
  edit: {
    usage: 'ID [FIELDS]',
    words: [1, 1],
    run: ([id], parsed, context) => update(id, fieldsOf(parsed), context),
  },
  done: becomes('done'),
  open: becomes('open'),
  skip: becomes('skipped'),
  set: {
    usage: 'ID STATUS',
    words: [2, 2],
    run: ([id, status], _, context) => update(id, { status }, context),
  },
  claim: {
    usage: 'ID [--take-over]',
    words: [1, 1],
    async run([taskId], { values }, { call, print }) {
      const takeOver = values['take-over'] === true;
      const task = boardClaim.output.parse(await call('mission_board_claim', { taskId, takeOver }));
      print(task, () => line(task));
    },
  },
  note: {
    usage: 'ID WORDS',
    words: [2, 2],
    async run([taskId, content], _, { call, print }) {
      const note = boardNoteAdd.output.parse(await call('mission_board_note_add', { taskId, content }));
      print(note, () => 'noted\n');
    },
  },
  remove: {
    usage: 'ID [--children]',
    words: [1, 1],
    async run([id], { values }, { call, print }) {
      const children = values['children'] === true;
      const gone = boardDelete.output.parse(await call('mission_board_delete', { id, children }));
      print(gone, () => `${gone.deleted} deleted\n`);
    },
  },
  summary: {
    usage: '',
    words: [0, 0],
    async run(_words, _parsed, { call, print }) {
      const counts = boardSummary.output.parse(await call('mission_board_summary'));
      print(counts, () =>
        table(
          ['STATUS', 'TASKS'],
          Object.entries(counts).map(([status, count]) => [status, String(count)]),
        ),
      );
    },
  },
};

export const board: Command = {
  name: 'board',
  agents: ['', 'list', 'show', 'summary'],
  summary: 'the board: work that is planned, and what the autopilot does of it',
  usage: `[${Object.entries(VERBS)
    .map(([verb, { usage }]) => `${verb} ${usage}`.trimEnd())
    .join(' |\n                       ')}]`,
  options: {
    title: { type: 'string', help: 'FIELDS: another title (edit)' },
    description: { type: 'string', help: 'FIELDS: more words; of these an empty one clears' },
    priority: { type: 'string', help: 'FIELDS: high, medium or low' },
    category: { type: 'string', help: 'FIELDS: deploy, dev, infra, test or other' },
    project: { type: 'string', help: 'FIELDS: which project it is of' },
    server: { type: 'string', help: 'FIELDS: which server it is about' },
    due: { type: 'string', help: 'FIELDS: a day, such as 2026-12-01' },
    parent: { type: 'string', help: 'FIELDS: the board task that it belongs to' },
    assignee: { type: 'string', help: 'FIELDS: who should do it: a slot or a role for the autopilot' },
    prompt: { type: 'string', help: 'FIELDS: what the autopilot says instead of title and description' },
    auto: { type: 'boolean', help: 'FIELDS: the autopilot gives it to its assignee' },
    manual: { type: 'boolean', help: 'FIELDS: it does not' },
    hide: { type: 'boolean', help: 'FIELDS: leave it out of lists' },
    unhide: { type: 'boolean', help: 'FIELDS: show it again' },
    status: { type: 'string', help: 'list: only those of this status' },
    all: { type: 'boolean', help: 'list: hidden ones too' },
    'take-over': { type: 'boolean', help: 'claim: from whoever has it' },
    children: { type: 'boolean', help: 'remove: with everything below it' },
  },
  words: [0, 3],
  async run(parsed, context) {
    const [name = 'list', ...words] = parsed.positionals;
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    const [least = 0, most = 0] = verb?.words ?? [];
    if (verb === undefined || words.length < least || words.length > most) {
      throw new MissionError(
        'input_invalid',
        verb === undefined ? `The board knows no "${name}".` : `missiond board ${name} ${verb.usage}`,
        { remedy: 'See `missiond board --help`; quote what has several words.' },
      );
    }
    await verb.run(words, parsed, context);
    return 0;
  },
};
