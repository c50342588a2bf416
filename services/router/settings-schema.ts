import { z } from 'zod';

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;
/** What a header can carry; anything else would be told by the error of whoever sends it. */
const KEY = /^[\x21-\x7e]+$/;

const SecretKey = z.string().trim().regex(KEY, 'a key has letters, digits and signs, and no spaces');

const BaseUrl = z
  .url({ protocol: /^https?$/, error: 'write an address that begins with https:// (or http://)' })
  .refine((url) => {
    // Said already.
    if (!URL.canParse(url)) return true;
    const { username, password, search, hash } = new URL(url);
    return `${username}${password}${search}${hash}` === '';
  }, 'an address holds no credentials, no ? and no #: the key stands in credentials.json or a variable')
  .transform((url) => url.replace(/\/+$/, ''));

/** Without a key anything goes; a key is sent over the network only if nobody can read along. */
export const isSafeForKeys = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || LOOPBACK.test(hostname);
};

const Price = z.strictObject({
  /** Dollars for a million tokens. */
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
});

const Model = z.strictObject({
  name: z.string().min(1).max(200),
  price: Price.optional(),
  /** The most tokens that it answers with. */
  max_output: z.number().int().positive().optional(),
});

export const BACKEND_TYPES = ['anthropic', 'openai'] as const;

const Backend = z
  .strictObject({
    name: z.string().regex(/^[\w.-]{1,64}$/, 'a name has letters, digits, . _ - (64 at most)'),
    type: z.enum(BACKEND_TYPES),
    /** As the official SDK takes it: with `/v1` for openai, without for anthropic. */
    base_url: BaseUrl,
    /** The variable of the daemon that holds the key. Without one, `keys` of credentials.json, else there is none. */
    api_key_env: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, 'write the name of a variable, never the key itself')
      .optional(),
    /** Sends the key over http to another machine. */
    allow_http: z.boolean().default(false),
    /** The first one is taken unless a call names another. Without any, the backend takes every name. */
    models: z.array(Model).default([]),
    embedding_model: Model.omit({ max_output: true }).optional(),
    /** Requests at once. */
    max_concurrent: z.number().int().min(1).max(100).default(4),
    /** Of one call, with all that is tried again. */
    timeout_seconds: z.number().positive().max(3_600).default(180),
    /** How often a request that failed is sent again before the next backend is asked. */
    retries: z.number().int().min(0).max(10).default(2),
  })
  .refine(({ type, embedding_model }) => type === 'openai' || embedding_model === undefined, {
    path: ['embedding_model'],
    message: 'the Messages API has no embeddings: name an openai backend',
  });

/** router.yaml. */
export const RouterFile = z
  .strictObject({
    backends: z
      .array(Backend)
      .nullish()
      .transform((backends) => backends ?? []),
    /** Names of backends, the first to be asked first; the others are not asked. All, as they stand, without it. */
    order: z.array(z.string()).min(1).optional(),
    /** Of all calls, midnight to midnight, local time. */
    daily_budget_usd: z.number().nonnegative().optional(),
  })
  .superRefine(({ backends, order }, context) => {
    const names = backends.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) !== index)
        context.addIssue({
          code: 'custom',
          path: ['backends', index, 'name'],
          message: `the name "${name}" is used twice`,
        });
    }
    for (const [index, name] of (order ?? []).entries()) {
      if (!names.includes(name))
        context.addIssue({
          code: 'custom',
          path: ['order', index],
          message: `there is no backend "${name}"`,
        });
    }
  });
export type RouterFile = z.output<typeof RouterFile>;
export type BackendSettings = RouterFile['backends'][number];

export const ROUTER_KEYS = [
  'backends',
  'order',
  'daily_budget_usd',
  ...Object.keys(Backend.shape),
  ...Object.keys(Model.shape),
  ...Object.keys(Price.shape),
];

/** credentials.json: one backend that needs no other file, and keys of those in router.yaml. */
export const CredentialsFile = z.strictObject({
  auth_url: BaseUrl.optional(),
  api_key: SecretKey.optional(),
  /** What speaks at `auth_url`; the OpenAI-compatible one unless it is said. */
  type: z.enum(BACKEND_TYPES).default('openai'),
  /** The model of `auth_url` that is asked unless a call names another. */
  model: z.string().min(1).max(200).optional(),
  /** By the names of backends. */
  keys: z.record(z.string(), SecretKey).default({}),
});
export type CredentialsFile = z.output<typeof CredentialsFile>;

export const CREDENTIALS_KEYS = Object.keys(CredentialsFile.shape);
export const isKey = (value: string): boolean => KEY.test(value);
