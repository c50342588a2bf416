import { z } from 'zod';
import { isHost, SshHost, type SshTarget } from '../discovery/ssh-target.ts';

const MOST_SERVERS = 1_000;
const MOST_LISTED = 50;

const Line = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .regex(/^\P{Cc}*$/u, 'one line without control characters');
const Id = Line.max(100).regex(/^[^-\s]\S*$/, 'an id has no spaces and does not begin with "-"');
const Host = z.string().trim().refine(isHost, 'an address or a name, without a user and without a port');
const Port = z.number().int().min(1).max(65_535);
const Words = z
  .array(Line)
  .max(MOST_LISTED)
  .nullish()
  .transform((words) => words ?? []);
const HealthEndpoint = z.url({
  protocol: /^https?$/,
  error: 'an address that begins with https:// or http://',
});

const SshEntry = z.union([
  SshHost.transform((target): SshTarget => target),
  z
    .strictObject({ host: SshHost, port: Port.optional() })
    .transform(({ host, port }): SshTarget => (port === undefined ? host : { ...host, port })),
]);

/** One machine as servers.yaml has it, in missiond's names; `ssh` and `ports` are ours. */
const Server = z.looseObject({
  id: Id,
  name: Line.nullish(),
  provider: Line.nullish(),
  host: Host.nullish(),
  lan: Host.nullish(),
  location: Line.nullish(),
  roles: Words,
  tags: Words,
  description: z.string().max(20_000).nullish(),
  healthEndpoint: HealthEndpoint.nullish(),
  ssh: z.union([z.literal(false), SshEntry, z.array(SshEntry).max(10)]).nullish(),
  ports: z.array(Port).max(20).nullish(),
});
export type ServerEntry = z.output<typeof Server>;

export const ServersFile = z.object({
  servers: z
    .array(Server)
    .max(MOST_SERVERS)
    .nullish()
    .transform((servers) => servers ?? [])
    .superRefine((servers, context) => {
      const seen = new Set<string>();
      for (const [index, { id }] of servers.entries()) {
        if (seen.has(id))
          context.addIssue({ code: 'custom', path: [index, 'id'], message: `"${id}" stands twice` });
        seen.add(id);
      }
    }),
});

export const SERVER_FIELDS: readonly string[] = ['servers', ...Object.keys(Server.shape)];
