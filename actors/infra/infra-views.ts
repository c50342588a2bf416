import { z } from 'zod';
import { targetWords } from '../../services/discovery/ssh-target.ts';
import type { Server } from '../../services/infra/servers.ts';

/** A machine of servers.yaml, without secrets. */
export const ServerView = z.object({
  id: z.string(),
  name: z.string(),
  provider: z.string().optional(),
  host: z.string().optional(),
  lan: z.string().optional(),
  location: z.string().optional(),
  roles: z.array(z.string()),
  tags: z.array(z.string()),
  description: z.string().optional(),
  healthEndpoint: z.string().optional(),
  ssh: z.array(z.string()).describe('Where ssh reaches it: user@host:port.'),
  ports: z.array(z.number().int()).describe('Further ports that mission_reachability connects to.'),
  withheld: z
    .array(z.string())
    .describe('Which fields are not shown, or not whole, and why; the person has them in the file.'),
});
export type ServerView = z.infer<typeof ServerView>;

export function serverView({ roles, tags, ssh, ports, withheld, ...rest }: Server): ServerView {
  return {
    ...rest,
    roles: [...roles],
    tags: [...tags],
    ssh: ssh.map(targetWords),
    ports: [...ports],
    withheld: [...withheld],
  };
}
