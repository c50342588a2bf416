import { createLatencyHistogram } from '../../services/health/latency-histogram.ts';
import type { Metric } from '../../services/health/prometheus-text.ts';
import type { HealthDependencies } from './create-health.ts';

const TASK_STATES = ['queued', 'delivering', 'running', 'waiting', 'done', 'failed', 'cancelled'] as const;
const DELIVERY_STATES = ['queued', 'typed', 'submitted', 'answered', 'refused'] as const;

/** A state in which nothing is counts as 0, so that a graph has no gap. */
function byState(
  counted: readonly { readonly status: string; readonly count: number }[],
  states: readonly string[],
): Metric['samples'] {
  return states.map((state) => ({
    labels: { state },
    value: counted.find(({ status }) => status === state)?.count ?? 0,
  }));
}

const gauge = (name: string, help: string, samples: Metric['samples'] | number): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: typeof samples === 'number' ? [{ value: samples }] : samples,
});
const counter = (name: string, help: string, samples: Metric['samples'] | number): Metric => ({
  ...gauge(name, help, samples),
  type: 'counter',
});

/** Numbers for those who draw them. No label holds the name of a slot, a task or a person: their number has no bound. */
export function createMetrics({ core, raw, overview, loop, daemon, beganAt }: HealthDependencies) {
  const hooks = createLatencyHistogram();

  function metrics(): readonly Metric[] {
    const slots = [...core.runtimes.keys()].map((slotId) => core.view(slotId));
    const states = [...new Set(slots.map(({ state }) => state))].sort();
    const { usd, tokens } = core.spending.spent({});
    const oldest = overview.oldestQueuedAt();
    const delay = loop.delay();
    const pages = ['page_count', 'page_size'].map((pragma) => Number(raw.pragma(pragma, { simple: true })));
    return [
      gauge('missiond_info', 'Which missiond this is.', [
        { labels: { version: daemon.version, node: process.version }, value: 1 },
      ]),
      gauge('missiond_uptime_seconds', 'For how long this daemon runs.', (core.now() - beganAt) / 1_000),
      gauge('missiond_tasks', 'Tasks by state.', byState(overview.tasks(), TASK_STATES)),
      gauge(
        'missiond_slots',
        'Slots by what their sessions do.',
        states.map((state) => ({
          labels: { state },
          value: slots.filter((slot) => slot.state === state).length,
        })),
      ),
      gauge(
        'missiond_queue_oldest_seconds',
        'How long the task that waits longest has waited.',
        oldest === null ? 0 : Math.max(0, (core.now() - oldest) / 1_000),
      ),
      gauge(
        'missiond_deliveries',
        'Prompts by how far they came.',
        byState(overview.deliveries(), DELIVERY_STATES),
      ),
      gauge('missiond_event_loop_delay_seconds', 'How late things happened, in the last minute.', [
        { labels: { quantile: '0.5' }, value: delay.p50 / 1_000 },
        { labels: { quantile: '0.99' }, value: delay.p99 / 1_000 },
        { labels: { quantile: '1' }, value: delay.most / 1_000 },
      ]),
      gauge('missiond_memory_bytes', 'Memory of the daemon.', process.memoryUsage.rss()),
      gauge(
        'missiond_database_bytes',
        'Size of the database.',
        pages.reduce((size, each) => size * each, 1),
      ),
      counter('missiond_cost_usd_total', 'What was spent in all, as Claude Code reckons it.', usd),
      counter('missiond_tokens_total', 'Tokens that were spent in all.', [
        { labels: { kind: 'input' }, value: tokens.input },
        { labels: { kind: 'output' }, value: tokens.output },
        { labels: { kind: 'cache_read' }, value: tokens.cacheRead },
        { labels: { kind: 'cache_write' }, value: tokens.cacheWrite },
      ]),
      {
        name: 'missiond_hook_seconds',
        type: 'histogram',
        help: 'How long hooks of Claude Code waited for their answer.',
        samples: hooks.samples(),
      },
    ];
  }

  return {
    metrics,
    /** Measures how long a hook is kept waiting. */
    async hookTimed<Reply>(reply: Promise<Reply>): Promise<Reply> {
      const began = performance.now();
      try {
        return await reply;
      } finally {
        hooks.observe((performance.now() - began) / 1_000);
      }
    },
  };
}
