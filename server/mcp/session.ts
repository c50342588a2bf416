import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { ImageContent } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import { type Caller, reaches, recordedAs } from '../auth/caller.ts';
import { slotIsOffered } from '../auth/slot-access.ts';
import type { CallerConnection, Operation } from '../tools/operation.ts';
import { isInProfile, type ToolProfile } from '../tools/profiles.ts';
import { operations } from '../tools/registry.ts';
import { createElicitor, type FollowedTasks } from './elicit-answers.ts';
import { offerOrchestratorPrompts } from './orchestrator-prompts.ts';
import { offerResources } from './resources.ts';
import { offerSlashCommands } from './slash-commands.ts';
import { offerSubscriptions } from './subscriptions.ts';

/** What a model reads once about all the tools together. */
const INSTRUCTIONS = `missiond runs other Claude Code sessions ("slots") for you.
Give work with mission_submit (returns at once) or mission_ask (waits for the answer); both take a role, mission_slots lists the roles.
Follow a task with mission_status; its answer is in "result". Read what came back with mission_inbox.
The board (mission_board_*) holds work that is planned; with autoExecute and an assignee it is done without you.
A task in status "waiting" needs an answer: mission_question_list shows what waits, mission_pty_confirm answers it by the label of an option. Questions with personOnly are for a person alone.`;

/** What a model reads once: about the tools, and what the team knows. The agent of a slot is given that by its hooks. */
function instructionsFor(mission: Mission, by: Caller, profile: ToolProfile): string {
  const part =
    profile === 'full'
      ? ''
      : `\nYou see the tools of profile "${profile}"; a person starts mission-mcp with --profile full for all ${operations.length}.`;
  const known = by.role === 'slot' ? '' : `\n\n${mission.knowledge.give.instructions()}`;
  return `${INSTRUCTIONS}${part}${known}`;
}

/** The door with the name by which the client introduced itself, unless its token has a name. */
function callerOf({ server }: McpServer, by: Caller): string {
  const name = server.getClientVersion()?.name;
  return recordedAs(by, name === undefined ? 'mcp' : `mcp:${name}`);
}

function isOffered(mission: Mission, by: Caller, operation: Operation): boolean {
  return by.role === 'slot' ? slotIsOffered(mission, by.slotId, operation) : reaches(by, operation.access);
}

/** What belongs to an answer and is looked at, not read. */
async function shown(operation: Operation, output: unknown): Promise<readonly ImageContent[]> {
  const picture = (await operation.picture?.(output)) ?? null;
  if (picture === null) return [];
  return [{ type: 'image', data: picture.bytes.toString('base64'), mimeType: picture.mimeType }];
}

/** One MCP server for one client session: a server holds one transport. */
export function createMcpServer(options: {
  readonly mission: Mission;
  readonly version: string;
  readonly by: Caller;
  readonly profile: ToolProfile;
  readonly followed: FollowedTasks;
  readonly onError: (error: unknown) => void;
}): McpServer {
  const server = new McpServer(
    { name: 'missiond', version: options.version },
    {
      instructions: instructionsFor(options.mission, options.by, options.profile),
      capabilities: { logging: {} },
    },
  );
  const closed = new AbortController();
  const resources = offerResources(
    server,
    (operation) => isOffered(options.mission, options.by, operation),
    (signal) => ({ mission: options.mission, signal, by: options.by, caller: callerOf(server, options.by) }),
  );
  const subscriptions = offerSubscriptions(server, options.mission, resources);
  const elicitor = createElicitor({
    mission: options.mission,
    server: server.server,
    followed: options.followed,
    name: () => callerOf(server, options.by),
    onError: options.onError,
  });
  server.server.oninitialized = () => {
    subscriptions.begin();
    // The agent of a slot answers for nobody.
    if (options.by.role !== 'slot') elicitor.begin();
  };
  server.server.onclose = () => {
    closed.abort();
    subscriptions.close();
    elicitor.close();
  };
  const connection: CallerConnection = {
    closed: closed.signal,
    follow: (taskId) => (options.by.role === 'slot' ? undefined : elicitor.follow(taskId)),
    tell(news) {
      // A client that has gone, or listens to nothing, finds it in the inbox.
      server.sendLoggingMessage({ level: 'notice', logger: 'missiond', data: news }).catch(() => {});
    },
  };
  const { by } = options;
  if (by.role === 'slot')
    offerSlashCommands(server, options.mission, by.slotId, () => ({ by, caller: callerOf(server, by) }));
  else if (reaches(by, 'orchestrator')) offerOrchestratorPrompts(server, options.mission);
  const shownTools = operations.filter(
    (one) => isInProfile(options.profile, one) && isOffered(options.mission, options.by, one),
  );
  for (const operation of shownTools) {
    server.registerTool(
      operation.name,
      {
        title: operation.title,
        description: operation.description,
        inputSchema: operation.input.shape,
        ...(operation.output instanceof z.ZodObject ? { outputSchema: operation.output.shape } : {}),
        annotations: {
          readOnlyHint: operation.readOnly,
          destructiveHint: operation.destructive,
          idempotentHint: operation.idempotent,
          openWorldHint: operation.reachesOut,
        },
      },
      async (input: unknown, extra) => {
        const progressToken = extra._meta?.progressToken;
        let steps = 0;
        const progress = (message: string): void => {
          if (progressToken === undefined) return;
          steps += 1;
          // A client that has gone does not hear it; the call itself ends by its signal.
          extra
            .sendNotification({
              method: 'notifications/progress',
              params: { progressToken, progress: steps, message },
            })
            .catch(() => {});
        };
        try {
          const output = await operation.run(input, {
            mission: options.mission,
            signal: extra.signal,
            progress,
            by: options.by,
            caller: callerOf(server, options.by),
            isPerson: false,
            session: extra.sessionId,
            connection,
          });
          const structuredContent = z.record(z.string(), z.unknown()).parse(output);
          const text = { type: 'text' as const, text: JSON.stringify(output, null, 2) };
          return { content: [text, ...(await shown(operation, output))], structuredContent };
        } catch (error) {
          return {
            isError: true,
            content: [{ type: 'text', text: JSON.stringify({ error: toFailure(error) }) }],
          };
        }
      },
    );
  }
  return server;
}
