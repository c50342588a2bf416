import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  ErrorCode,
  McpError,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Mission } from '../../actors/mission/api.ts';
import { changedBy, type ResourceList, transcriptAt } from './resources.ts';

/** Bounds what one client makes the daemon look at. */
const MOST_SUBSCRIPTIONS = 200;

/**
 * Tells a client of the resources that it has subscribed to, each time one is not as it was; and, once after each list
 * that it was given, that the list is not what it was.
 * @param mayRead whether the caller may read what is at an address now
 */
export function offerSubscriptions(
  server: McpServer,
  mission: Pick<Mission, 'subscribe' | 'conversations'>,
  {
    list,
    mayRead,
  }: { readonly list: ResourceList; readonly mayRead: (uri: string, signal: AbortSignal) => Promise<void> },
): { readonly begin: () => void; readonly close: () => void } {
  const subscribed = new Set<string>();
  /** How many messages a subscribed transcript had when it was last told of. */
  const lengths = new Map<string, number>();

  const lengthOf = (sessionId: string): number =>
    mission.conversations.get(sessionId, { tail: 1, includeRaw: false }).conversation.messageCount;

  /** Null when it is no more: what is old enough is thrown away. */
  function lengthNow(sessionId: string): number | null {
    try {
      return lengthOf(sessionId);
    } catch {
      return null;
    }
  }

  function tell(uri: string): void {
    // A client that has gone does not hear it.
    server.server.sendResourceUpdated({ uri }).catch(() => {});
  }

  function lookAtTranscripts(): void {
    for (const [uri, before] of lengths) {
      const sessionId = transcriptAt(uri);
      const length = sessionId === null ? before : lengthNow(sessionId);
      if (length === before) continue;
      // One that has gone is told of once more: whoever reads it hears so.
      if (length === null) lengths.delete(uri);
      else lengths.set(uri, length);
      tell(uri);
    }
  }

  server.server.registerCapabilities({ resources: { subscribe: true, listChanged: true } });
  server.server.setRequestHandler(SubscribeRequestSchema, async ({ params: { uri } }, { signal }) => {
    if (subscribed.size >= MOST_SUBSCRIPTIONS && !subscribed.has(uri))
      throw new McpError(
        ErrorCode.InvalidRequest,
        `One session subscribes to ${MOST_SUBSCRIPTIONS} resources at most; unsubscribe from some.`,
      );
    await mayRead(uri, signal);
    const sessionId = transcriptAt(uri);
    if (sessionId !== null) lengths.set(uri, lengthOf(sessionId));
    subscribed.add(uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, async ({ params: { uri } }) => {
    subscribed.delete(uri);
    lengths.delete(uri);
    return {};
  });
  let leave = (): void => {};
  function begin(): void {
    leave();
    const ends = [
      mission.subscribe((event) => {
        for (const uri of changedBy(event)) if (subscribed.has(uri)) tell(uri);
        if (list.isOutdatedBy(event)) server.server.sendResourceListChanged().catch(() => {});
      }),
      mission.conversations.onRead(lookAtTranscripts),
    ];
    leave = () => {
      for (const end of ends) end();
    };
  }
  return { begin, close: () => leave() };
}
