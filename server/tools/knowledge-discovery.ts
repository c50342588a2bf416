import { z } from 'zod';
import { SshHost } from '../../services/discovery/ssh-target.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { operation } from './operation.ts';

export const kbDiscover = operation({
  name: 'mission_kb_discover',
  title: 'Look at a machine',
  description:
    "Looks at a machine over ssh (the person's own ssh, its configuration, agent and known hosts) and remembers what it found under `infra`: system, processors, memory, disks, addresses, open ports, containers. It runs a fixed script that changes nothing. A machine whose key is not known is refused with its fingerprint; without a user ssh chooses one.",
  input: z.object({
    host: z
      .string()
      .min(1)
      .max(320)
      .describe('user@address, an address, a name, or a Host of ~/.ssh/config.'),
    port: z.number().int().min(1).max(65_535).optional(),
    password: z
      .string()
      .min(1)
      .max(1_000)
      .regex(/^[^\r\n\0]+$/, 'a password is one line')
      .optional()
      .describe('Better none: a key in the agent. It is kept nowhere.'),
  }),
  output: z.object({
    status: z.literal('discovered'),
    action: z.enum(['created', 'updated', 'unchanged', 'proposed']),
    key: z.string(),
    summary: z.string(),
    detail: z.record(z.string(), z.unknown()),
  }),
  readOnly: false,
  reachesOut: true,
  // Whoever calls it is let into other machines as the person is.
  access: 'owner',
  async run({ host, port, password }, { mission, caller, signal }) {
    const target = SshHost.safeParse(host);
    if (!target.success)
      throw new MissionError('input_invalid', `${JSON.stringify(host)} is no machine.`, {
        remedy: 'Give user@address, an address, a name, or a Host of ~/.ssh/config.',
      });
    const found = await mission.knowledge.discover({
      target: port === undefined ? target.data : { ...target.data, port },
      password,
      by: caller,
      signal,
    });
    return { status: 'discovered' as const, ...found, detail: { ...found.detail } };
  },
});
