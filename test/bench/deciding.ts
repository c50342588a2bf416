import { performance } from 'node:perf_hooks';
import { GatesSchema, ProtectSchema } from '../../services/config/protect.ts';
import { createJudge, type Judge, type ToolCall } from '../../services/permissions/decide.ts';
import type { Policy, Rules } from '../../services/permissions/policy.ts';
import { HARMLESS } from '../attack/corpus/harmless-commands.ts';
import { CHANGES_IT, READS_IT, RUNS_IT } from '../attack/corpus/hostile-commands.ts';
import { spread } from './spread.ts';

const RULES = 1_000;
/** So often each call is judged; the first times warm the code up and do not count. */
const ROUNDS = 30;
const WARM_UP = 5;
const SHOWN_SLOWEST = 10;

/** One rule of each kind in turn, no two alike. */
const PATTERNS: readonly ((count: number) => string)[] = [
  (count) => `Bash(tool-${count} *)`,
  (count) => `Bash(git sub-${count}* --flag-${count}*)`,
  (count) => `Bash(npm run script-${count})`,
  (count) => `Bash(*--danger-${count}*)`,
  (count) => `Edit(./src/part-${count}/**)`,
  (count) => `Read(~/.config/program-${count}/**/*.key)`,
  (count) => `Write(/srv/data-${count}/*.json)`,
  (count) => `WebFetch(domain:host-${count}.example.org)`,
  (count) => `WebFetch(https://*.zone-${count}.example/*)`,
  (count) => `mcp__server-${count}__tool`,
];

/** A thousand rules over all scopes and kinds; a few of them, as in any file, are about what agents do all day. */
function policyOfAThousand(): Policy {
  const scopes = { slot: none(), role: none(), default: none() };
  const kinds = ['allow', 'confirm', 'deny'] as const;
  const names = ['slot', 'role', 'default'] as const;
  for (let count = 0; count < RULES; count += 1) {
    const pattern = PATTERNS[count % PATTERNS.length]?.(count) ?? '';
    const scope = names[Math.floor(count / PATTERNS.length) % names.length] ?? 'default';
    const kind = kinds[Math.floor(count / PATTERNS.length / names.length) % kinds.length] ?? 'deny';
    scopes[scope][kind].push(pattern);
  }
  scopes.role.allow.push('Bash(git *)', 'Bash(npm *)', 'Read(*)', 'Edit(./**)');
  scopes.default.deny.push('Bash(rm -rf*)', 'Bash(curl*)', 'Read(~/.ssh/**)', 'Edit(secret/**)');
  return {
    default: scopes.default,
    roles: { coder: scopes.role },
    slots: { 'coder-1': scopes.slot },
    protections: {
      ...ProtectSchema.parse({}),
      gatesOf: () => GatesSchema.parse({}),
      repositoryPaths: () => [],
    },
  };
}

function none(): { readonly [Kind in keyof Rules]: string[] } {
  return { allow: [], confirm: [], deny: [] };
}

function callsOf(): readonly ToolCall[] {
  const call = (tool: string, input: object): ToolCall => ({
    role: 'coder',
    slotId: 'coder-1',
    tool,
    input,
    cwd: process.cwd(),
  });
  const commands = [...HARMLESS, ...RUNS_IT, ...CHANGES_IT, ...READS_IT];
  return [
    ...commands.map((command) => call('Bash', { command })),
    ...['src/a.ts', '../b/c.ts', '/etc/hosts', '~/.ssh/id', 'secret/a/b'].flatMap((file_path) =>
      ['Read', 'Edit', 'Write'].map((tool) => call(tool, { file_path })),
    ),
    ...['https://example.org/a?b=c', 'http://host-7.example.org:8080/', 'https://a.zone-8.example/x'].map(
      (url) => call('WebFetch', { url }),
    ),
    call('mcp__server-9__tool', { query: 'x' }),
  ];
}

function timed(judge: Judge, call: ToolCall): number {
  const from = performance.now();
  judge(call);
  return performance.now() - from;
}

/** How long the policy takes to decide about one call, with a thousand rules, each call of the corpus many times over. */
export function benchDeciding() {
  const judge = createJudge(policyOfAThousand());
  const samples = new Map<ToolCall, number[]>(callsOf().map((call) => [call, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [call, of] of samples) {
      const ms = timed(judge, call);
      if (round >= WARM_UP) of.push(ms);
    }
  }
  const slowest = [...samples]
    .map(([{ tool, input }, of]) => ({
      median_ms: spread(of).median,
      call: `${tool} ${JSON.stringify(input)}`.slice(0, 100),
    }))
    .sort((a, b) => b.median_ms - a.median_ms)
    .slice(0, SHOWN_SLOWEST);
  const all = [...samples.values()].flat();
  return {
    rules: RULES,
    calls: samples.size,
    runs: all.length,
    decide_ms: spread(all),
    slowest,
  };
}
