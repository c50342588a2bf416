import { z } from 'zod';
import { ServerView } from '../../actors/infra/infra-views.ts';
import { operation } from './operation.ts';

const Word = z.string().min(1).max(300);

export const infraList = operation({
  name: 'mission_infra_list',
  title: 'List the machines',
  description:
    'The machines (servers) that the person has named in servers.yaml: address, provider, location, roles, tags, ssh. What looks like a secret is left out, and `withheld` says so.',
  input: z.object({
    role: Word.optional(),
    provider: Word.optional(),
    tag: Word.optional().describe('With more than one of these, all must fit.'),
  }),
  output: z.object({
    servers: z.array(ServerView),
    count: z.number().int(),
    problem: z
      .string()
      .optional()
      .describe('What is wrong with servers.yaml; what was read last is in force.'),
  }),
  readOnly: true,
  run(filter, { mission }) {
    const { servers, ...more } = mission.infra.list(filter);
    return { servers: [...servers], count: servers.length, ...more };
  },
});

export const infraGet = operation({
  name: 'mission_infra_get',
  title: 'One machine',
  description:
    'One machine of servers.yaml by its id. What looks like a secret is left out, and `withheld` says so.',
  input: z.object({ id: Word }),
  output: ServerView,
  readOnly: true,
  run: ({ id }, { mission }) => mission.infra.get(id),
});

export const infraOperations = [infraList, infraGet];
