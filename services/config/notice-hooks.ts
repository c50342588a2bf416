import { z } from 'zod';

const EVENTS = ['task_done', 'task_failed', 'question', 'stuck', 'limit', 'message', 'worker_done'] as const;
export const NoticeEvent = z.enum(EVENTS);
export type NoticeEvent = z.output<typeof NoticeEvent>;

const USUAL_TIMEOUT_S = 10;
const LONGEST_TIMEOUT_S = 600;

/** One entry of `hooks:` in slots.yaml: whom to tell of what. */
export const NoticeHook = z
  .strictObject({
    on: z.array(NoticeEvent).min(1),
    /** Gets the notice as JSON by POST. */
    url: z
      .url({ protocol: /^https?$/, error: 'write an address that begins with http:// or https://' })
      .optional(),
    /** Signs what is posted. It stands elsewhere. */
    secret: z
      .string()
      .regex(
        /^\$\{(?:env|file):[^}]+\}$/,
        `say where it is, with \${env:NAME} or \${file:/path}: a secret has no place in this file`,
      )
      .optional(),
    /** A program and its arguments; gets the notice as JSON on its standard input. No shell is asked. */
    command: z.array(z.string()).min(1).optional(),
    timeoutSeconds: z.number().positive().max(LONGEST_TIMEOUT_S).default(USUAL_TIMEOUT_S),
  })
  .refine(({ url, command }) => (url === undefined) !== (command === undefined), 'name a url or a command')
  .refine(({ url, secret }) => url !== undefined || secret === undefined, {
    path: ['secret'],
    message: 'only what is posted to a url is signed',
  });
export type NoticeHook = z.output<typeof NoticeHook>;
