import { z } from 'zod';
import { DiagnosisView, ReachabilityView, ServerView } from '../../actors/infra/infra-views.ts';
import { CHANNELS } from '../../services/infra/reachability/way.ts';
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

/** Whoever asks about a machine that nobody has named lets missiond connect to it as the person would. */
const Target = z.string().min(1).max(320);

export const reachability = operation({
  name: 'mission_reachability',
  title: 'Can the machines be reached?',
  description:
    "Looks, all at once and at most a minute, by which ways the machines of servers.yaml can be reached from here: ping, TCP, ssh (the person's own, nothing is run there), the health endpoint (TLS checked; `deploy_agent`), tailscale. A way that cannot be tried here is `unknown` and counts for nothing.",
  input: z.object({
    target: Target.optional().describe(
      'An id of servers.yaml; all machines without it. The owner may also name user@host.',
    ),
    channels: z.array(z.enum(CHANNELS)).min(1).max(CHANNELS.length).optional(),
  }),
  output: ReachabilityView,
  readOnly: true,
  reachesOut: true,
  // It connects to other machines with what the person has.
  access: 'orchestrator',
  run: ({ target, channels }, { mission, by, signal }) =>
    mission.infra.reachability({ target, channels, mayBeAny: by.role === 'owner', signal }),
});

export const osDiagnose = operation({
  name: 'mission_os_diagnose',
  title: 'How is a machine?',
  description:
    "Looks how a machine is: load, memory, disks, the programs that use most, what the kernel ended for want of memory, crashes. This machine without `target`; a machine of servers.yaml over the person's own ssh (known host keys only), where one fixed script runs that changes nothing. At most 30 seconds.",
  input: z.object({
    target: Target.optional().describe('An id of servers.yaml. The owner may also name user@host.'),
  }),
  output: DiagnosisView,
  readOnly: true,
  reachesOut: true,
  // It lets itself into other machines with what the person has.
  access: 'orchestrator',
  run: ({ target }, { mission, by, signal }) =>
    mission.infra.diagnose({ target, mayBeAny: by.role === 'owner', signal }),
});

export const infraOperations = [infraList, infraGet, reachability, osDiagnose];
