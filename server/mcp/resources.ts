import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  ErrorCode,
  type ListResourcesResult,
  McpError,
  type Resource,
} from '@modelcontextprotocol/sdk/types.js';
import type { Mission } from '../../actors/mission/api.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import { conversationGet, conversationList } from '../tools/conversations.ts';
import { kbGet, kbList } from '../tools/knowledge.ts';
import type { CallContext, Operation } from '../tools/operation.ts';
import { missionSlots } from '../tools/slots.ts';
import { missionStatus, missionTask } from '../tools/tasks.ts';
import { ptyStatus } from '../tools/terminals.ts';

/** The newest that a list names; `resources/templates/list` says how any other is addressed. */
const MOST_LISTED = 50;
const JSON_TYPE = 'application/json';
/** MCP 2025-06-18, server/resources, "Error Handling". */
const RESOURCE_UNKNOWN = -32002;

/** What a session of a client may ask with. */
export type ResourceContext = Pick<CallContext, 'mission' | 'signal' | 'by' | 'caller'>;

/** What is read as the tool of the same rights shows it, at an address of its own. */
interface Addressed {
  readonly kind: 'slots' | 'tasks' | 'knowledge' | 'transcripts';
  readonly title: string;
  readonly description: string;
  /** Reads one. */
  readonly one: Operation;
  readonly inputOf: (id: string) => object;
  /** Names those that can be read. */
  readonly all: Operation;
  readonly list: (context: CallContext) => Promise<readonly Pick<Resource, 'name' | 'description'>[]>;
}

const addressOf = (kind: Addressed['kind'], id: string): string =>
  `mission://${kind}/${encodeURIComponent(id)}`;

const ADDRESSED: readonly Addressed[] = [
  {
    kind: 'slots',
    title: 'Slot',
    description: 'What a session does, why missiond thinks so, and what it asks.',
    one: ptyStatus,
    inputOf: (slotId) => ({ slotId }),
    all: missionSlots,
    list: async (context) =>
      (await missionSlots.run({}, context).then(missionSlots.output.parse)).slots.map(
        ({ id, description }) => ({
          name: id,
          description,
        }),
      ),
  },
  {
    kind: 'tasks',
    title: 'Task',
    description: 'A task with its attempts, what it does now, its result and its cost.',
    one: missionStatus,
    inputOf: (taskId) => ({ taskId }),
    all: missionTask,
    list: async (context) =>
      (await missionTask.run({ limit: MOST_LISTED }, context).then(missionTask.output.parse)).tasks.map(
        ({ id, status, prompt }) => ({ name: id, description: `${status}: ${prompt.slice(0, 120)}` }),
      ),
  },
  {
    kind: 'knowledge',
    title: 'Knowledge',
    description: 'Something that the team knows, by its id.',
    one: kbGet,
    inputOf: (key) => ({ key }),
    all: kbList,
    list: async (context) =>
      (await kbList.run({ limit: MOST_LISTED }, context).then(kbList.output.parse)).entries.map(
        ({ id, category, key, summary }) => ({ name: id, description: `${category} ${key}: ${summary}` }),
      ),
  },
  {
    kind: 'transcripts',
    title: 'Transcript',
    description: 'The last messages of a conversation with Claude Code.',
    one: conversationGet,
    inputOf: (sessionId) => ({ sessionId }),
    all: conversationList,
    list: async (context) =>
      (
        await conversationList.run({ limit: MOST_LISTED }, context).then(conversationList.output.parse)
      ).conversations.map(({ id, title }) => ({
        name: id,
        ...(title === undefined ? {} : { description: title }),
      })),
  },
];

/** Which resource a client means. */
const Address = /^mission:\/\/(slots|tasks|knowledge|transcripts)\/([^/]+)$/;

/** The session whose transcript is at an address, or null when something else is. */
export function transcriptAt(uri: string): string | null {
  const [, kind, id] = Address.exec(uri) ?? [];
  return kind === 'transcripts' && id !== undefined ? decodeURIComponent(id) : null;
}

type MissionEvent = Parameters<Parameters<Mission['subscribe']>[0]>[0];

/** Whether a client has been given a list that is still right. */
export interface ResourceList {
  /** True once for each list that was given. */
  isOutdatedBy(event: MissionEvent): boolean;
}

/** A new task, or one slot less or more. */
const changesList = (event: MissionEvent): boolean =>
  event.type === 'slot_closed' ||
  (event.type === 'task_changed' && event.previousStatus === undefined) ||
  (event.type === 'slot_changed' && event.previousState === undefined);

/**
 * Slots, tasks, knowledge and transcripts as resources of MCP (2025-06-18), each to whom its tool is offered.
 * @param isOffered whether the caller has a tool
 */
export function offerResources(
  server: McpServer,
  isOffered: (operation: Operation) => boolean,
  context: (signal: AbortSignal) => ResourceContext,
): { readonly list: ResourceList; readonly mayRead: (uri: string, signal: AbortSignal) => Promise<void> } {
  let isListed = false;
  const asked = (signal: AbortSignal): CallContext => ({
    ...context(signal),
    isPerson: false,
    progress: () => {},
  });

  async function read(uri: string, signal: AbortSignal): Promise<string> {
    const [, kind, id] = Address.exec(uri) ?? [];
    const addressed = ADDRESSED.find((one) => one.kind === kind);
    if (addressed === undefined || id === undefined || !isOffered(addressed.one))
      throw new McpError(RESOURCE_UNKNOWN, `There is no resource ${uri}.`, { uri });
    try {
      const output = await addressed.one.run(addressed.inputOf(decodeURIComponent(id)), asked(signal));
      return JSON.stringify(output, null, 2);
    } catch (error) {
      const { code, message, remedy } = toFailure(error);
      const words = [message, remedy].filter(Boolean).join(' ');
      throw new McpError(code.endsWith('_unknown') ? RESOURCE_UNKNOWN : ErrorCode.InvalidRequest, words, {
        uri,
      });
    }
  }

  for (const { kind, title, description, one, all, list } of ADDRESSED) {
    if (!isOffered(one)) continue;
    const named = async (signal: AbortSignal): Promise<ListResourcesResult> => {
      isListed = true;
      const resources = (await list(asked(signal))).map((entry) => ({
        ...entry,
        uri: addressOf(kind, entry.name),
        mimeType: JSON_TYPE,
      }));
      return { resources };
    };
    const begun = async (text: string): Promise<string[]> =>
      (await list(asked(new AbortController().signal)))
        .map(({ name }) => name)
        .filter((name) => name.startsWith(text));
    server.registerResource(
      kind,
      new ResourceTemplate(
        `mission://${kind}/{id}`,
        isOffered(all)
          ? { list: ({ signal }) => named(signal), complete: { id: begun } }
          : { list: undefined },
      ),
      { title, description, mimeType: JSON_TYPE },
      async (uri, _, { signal }) => ({
        contents: [{ uri: uri.href, mimeType: JSON_TYPE, text: await read(uri.href, signal) }],
      }),
    );
  }
  return {
    list: {
      isOutdatedBy(event) {
        if (!isListed || !changesList(event)) return false;
        isListed = false;
        return true;
      },
    },
    mayRead: async (uri, signal) => void (await read(uri, signal)),
  };
}

/** Which resources are not as they were, by what the bus says. Transcripts grow without an event. */
export function changedBy(event: MissionEvent): readonly string[] {
  switch (event.type) {
    case 'slot_changed':
      return [addressOf('slots', event.slot.slotId)];
    case 'slot_closed':
      return [addressOf('slots', event.slotId)];
    case 'task_changed':
      return [addressOf('tasks', event.task.id)];
    case 'task_progress':
      return [addressOf('tasks', event.taskId)];
    case 'knowledge_changed':
      return [addressOf('knowledge', event.id)];
    default:
      return [];
  }
}
