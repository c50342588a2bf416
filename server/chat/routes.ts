import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { EVENT_STREAM } from '../answer-events.ts';
import { recordedAs } from '../auth/caller.ts';
import type { CallerOf } from '../auth/callers.ts';
import { callerGone } from '../http/caller-gone.ts';
import { askChat, type ChatMission } from './answer-chat.ts';
import { chatError } from './chat-errors.ts';
import { completionOf } from './chat-replies.ts';
import { readChatRequest } from './chat-request.ts';
import { streamAnswer } from './stream-answer.ts';

/** As much as a prompt of the tools may be. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;
/** Models of ours have no date. */
const CREATED = 0;

const modelOf = (id: string) => ({ id, object: 'model', created: CREATED, owned_by: 'missiond' });

/** What clients of OpenAI speak: roles and slots are models, and an answer is the result of a task. */
export function registerChat(
  app: FastifyInstance,
  { mission, callerOf }: { readonly mission: ChatMission; readonly callerOf: CallerOf },
): void {
  void app.register((chat, _, done) => {
    chat.setErrorHandler((error, request, reply) => {
      const { status, body, mayRepeat } = chatError(error, {
        log: request.log,
        url: request.routeOptions.url,
      });
      if (!mayRepeat) void reply.header('x-should-retry', 'false');
      void reply.status(status).send(body);
    });
    chat.get('/v1/models', { config: { access: 'viewer' }, schema: { hide: true } }, () => {
      const slots = mission.slots();
      const roles = [...new Set(slots.map(({ role }) => `missiond:${role}`))];
      return { object: 'list', data: [...roles, ...slots.map(({ slotId }) => slotId)].map(modelOf) };
    });
    chat.post(
      '/v1/chat/completions',
      { bodyLimit: MOST_BODY_BYTES, config: { access: 'orchestrator' }, schema: { hide: true } },
      async (request, reply) => {
        const wish = readChatRequest(request.body);
        const { begun, answered } = askChat(mission, wish, {
          submitter: recordedAs(callerOf(request), 'chat'),
          signal: callerGone(reply),
          log: request.log,
        });
        const answering = await begun;
        void reply.header('x-request-id', answering.taskId);
        if (wish.stream !== true) return completionOf(answering, await answered);
        const frames = streamAnswer(answering, answered, {
          wantsUsage: wish.stream_options?.include_usage === true,
          sayError: (error) => chatError(error, { log: request.log, url: request.routeOptions.url }).body,
        });
        return reply.type(EVENT_STREAM).send(Readable.from(frames));
      },
    );
    done();
  });
}
