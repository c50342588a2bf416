import { factsInWords } from '../../services/discovery/machine-facts.ts';
import type { ProbeMachine } from '../../services/discovery/probe-over-ssh.ts';
import { type SshTarget, targetWords } from '../../services/discovery/ssh-target.ts';
import type { KnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import type { Knowledge, Remembered } from './api.ts';

/** Where machines are filed, as those of servers.yaml are. */
const CATEGORY = 'infra';
const SSH_PORT = 22;

export interface DiscoverRequest {
  readonly target: SshTarget;
  readonly password?: string | undefined;
  readonly by: string;
  readonly signal: AbortSignal;
}

/** What was stored. */
export interface Discovered extends Pick<Remembered, 'action'> {
  readonly key: string;
  readonly summary: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface DiscoveryDependencies {
  readonly knowledge: Pick<Knowledge, 'remember'>;
  readonly ledger: Pick<KnowledgeLedger, 'at'>;
  readonly probe: ProbeMachine;
}

/** One machine has one key, whoever looks at it. */
const keyOf = ({ host, port }: SshTarget): string =>
  targetWords(port === undefined || port === SSH_PORT ? { host } : { host, port });

/**
 * Looks at a machine and remembers what it found. What people have written of it stays: their words are not replaced by
 * ours, and what they know beside is kept.
 */
export function createDiscovery({ knowledge, ledger, probe }: DiscoveryDependencies) {
  return async ({ target, password, by, signal }: DiscoverRequest): Promise<Discovered> => {
    const { resolved, facts } = await probe({ target, password, signal });
    const key = keyOf(target);
    const before = ledger.at(CATEGORY, key);
    const isTheirs = before !== undefined && before.source !== 'discovery';
    const summary = isTheirs ? before.summary : factsInWords(key, facts);
    const detail = { ...before?.detail, ssh: resolved, discovered: facts };
    const { action } = knowledge.remember(
      // Two machines that are set up alike are two all the same.
      {
        category: CATEGORY,
        key,
        summary,
        detail,
        source: isTheirs ? before.source : 'discovery',
        onSimilar: 'add',
      },
      { by },
    );
    return { action, key, summary, detail };
  };
}
