import { z } from 'zod';
import { targetWords } from '../../services/discovery/ssh-target.ts';
import type { Diagnosed } from '../../services/infra/diagnose.ts';
import type { Reached, Severity } from '../../services/infra/reachability/check-reachability.ts';
import { CHANNELS } from '../../services/infra/reachability/way.ts';
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

const SeverityView = z.enum(['green', 'yellow', 'red']);

/** By which ways machines can be reached. */
export const ReachabilityView = z.object({
  severity: SeverityView.describe('Of the worst of them.'),
  summary: z.string(),
  targets: z.array(
    z.object({
      target: z.string(),
      name: z.string(),
      severity: SeverityView.describe(
        'red: by no way that could be tried; yellow: by some, or none could be tried; green: by all.',
      ),
      summary: z.string(),
      channels: z.array(
        z.object({
          channel: z.enum(CHANNELS),
          address: z.string(),
          result: z
            .enum(['reachable', 'unreachable', 'unknown'])
            .describe('unknown: it could not be tried from here, which says nothing of the machine.'),
          why: z.string().optional(),
          ms: z.number().int(),
        }),
      ),
    }),
  ),
});
export type ReachabilityView = z.infer<typeof ReachabilityView>;

const FROM_THE_WORST = ['red', 'yellow', 'green'] as const;
const worstOf = (severities: readonly Severity[]): Severity =>
  FROM_THE_WORST.find((severity) => severities.includes(severity)) ?? 'green';

export function reachabilityView(reached: readonly Reached[]): ReachabilityView {
  const green = reached.filter(({ severity }) => severity === 'green').length;
  return {
    severity: worstOf(reached.map(({ severity }) => severity)),
    summary:
      reached.length === 0
        ? 'servers.yaml names no machine'
        : `${green}/${reached.length} machines reachable by every way`,
    targets: reached.map(({ channels, ...rest }) => ({
      ...rest,
      channels: channels.map((channel) => ({ ...channel })),
    })),
  };
}

const ProcessView = z.object({
  pid: z.number().int(),
  cpuPercent: z.number(),
  memoryMb: z.number(),
  name: z.string(),
});

/** How a machine is. */
export const DiagnosisView = z.object({
  target: z.string(),
  connected_via: z.string(),
  severity: SeverityView,
  reasons: z.array(z.string()).describe('Why it is not green.'),
  hostname: z.string(),
  kernel: z.string(),
  uptimeSeconds: z.number().optional(),
  cpus: z.number().int().optional(),
  load: z.array(z.number()).optional().describe('Over 1, 5 and 15 minutes.'),
  memory: z.object({ totalMb: z.number(), availableMb: z.number(), swapUsedMb: z.number() }).optional(),
  disks: z.array(z.object({ mount: z.string(), sizeGb: z.number(), usedPercent: z.number() })),
  topCpu: z.array(ProcessView).describe('Over their whole life; names without arguments.'),
  topMemory: z.array(ProcessView),
  outOfMemory: z
    .array(z.string())
    .describe('Programs that the kernel ended for want of memory in the last day.'),
  crashes: z.array(z.string()).describe('Files of /var/crash.'),
});
export type DiagnosisView = z.infer<typeof DiagnosisView>;

export function diagnosisView(target: string, { connectedVia, ...diagnosis }: Diagnosed): DiagnosisView {
  const { load, reasons, disks, topCpu, topMemory, outOfMemory, crashes, ...rest } = diagnosis;
  return {
    target,
    connected_via: connectedVia,
    ...rest,
    ...(load === undefined ? {} : { load: [...load] }),
    reasons: [...reasons],
    disks: [...disks],
    topCpu: [...topCpu],
    topMemory: [...topMemory],
    outOfMemory: [...outOfMemory],
    crashes: [...crashes],
  };
}
