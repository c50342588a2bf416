import type { InspectionEvent } from 'xstate';
import type { Epoch, SlotId } from '../../db/ids.ts';
import type { OpenDatabase } from '../../db/open.ts';
import type { AgentWorktrees } from '../../services/agents/agent-worktrees.ts';
import type { Budgets } from '../../services/config/budgets.ts';
import type { QueueLimits } from '../../services/config/queue-limits.ts';
import type { ProbeMachine } from '../../services/discovery/probe-over-ssh.ts';
import type { StartNeighbours } from '../../services/knowledge/start-neighbours.ts';
import type { KnowledgeSettings } from '../../services/knowledge/tiers.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MemorySettings } from '../../services/memory/settings.ts';
import type { PtyHost } from '../../services/pty/pty-host.ts';
import type { RepositoriesOnDisk } from '../../services/repositories/create-repositories.ts';
import type { RoleFiles } from '../../services/roles/role-files.ts';
import type { RoleStore } from '../../services/roles/role-store.ts';
import type { Router } from '../../services/router/api.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import type { SetUpWorktree } from '../../services/worktrees/set-up-worktree.ts';
import type { MakeAgentDependencies } from '../agents/make-agent.ts';
import type { ConversationsDependencies } from '../conversations/create-conversations.ts';
import type { MissionLogger } from '../core.ts';
import type { DoubtsDependencies } from '../doubts.ts';
import type { GoverningDependencies } from '../governor/create-governing.ts';
import type { DaemonFacts } from '../health/create-health.ts';
import type { HooksDependencies } from '../hooks.ts';
import type { InfraDependencies } from '../infra/create-infra.ts';
import type { LauncherDependencies } from '../launcher.ts';
import type { MergingDependencies } from '../merging/create-merging.ts';
import type { WatchSession } from '../registry-watch.ts';
import type { SkillsDependencies } from '../skills/create-skills.ts';
import type { SlotConfiguration } from '../slot-runtime.ts';
import type { StatusLineReader } from '../status-lines.ts';
import type { TellingDependencies } from '../telling.ts';
import type { TranscriptsDependencies } from '../transcripts.ts';
import type { VerdictDependencies } from '../verdicts.ts';
import type { VerificationDependencies } from '../verification.ts';
import type { PermissionRules } from './permission-operations.ts';
import type { Screenshots } from './screenshots.ts';

/** What a mission needs of the outside: every service, the clock, and the configuration. */
export interface MissionDependencies {
  readonly database: OpenDatabase;
  readonly slots: readonly SlotConfiguration[];
  /** Of agents that are made while the daemon runs. */
  readonly agents: {
    readonly slotOf: (row: AgentRow) => SlotConfiguration;
    readonly worktrees: AgentWorktrees;
    readonly setUp: SetUpWorktree;
    readonly roleFacts: MakeAgentDependencies['roleFacts'];
  };
  readonly limits: QueueLimits;
  readonly logger: MissionLogger;
  readonly now: () => number;
  readonly logFile: (slotId: SlotId) => string;
  readonly connectHost: () => Promise<PtyHost>;
  readonly prepare: LauncherDependencies['prepare'];
  readonly keyboard: (
    host: () => PtyHost,
    epoch: Epoch,
    version: () => string | null,
  ) => ReturnType<LauncherDependencies['keyboard']>;
  readonly judge: VerdictDependencies['judge'];
  readonly protectedInPush: VerdictDependencies['protectedInPush'];
  /** The rules themselves, to look at and to change. */
  readonly rules: PermissionRules;
  readonly redact: HooksDependencies['redact'];
  /** The same of the rows of a screen that is so many columns wide. */
  readonly redactScreen: (slotId: SlotId, text: string, columns: number) => string;
  readonly screenshots: Screenshots;
  readonly isOwnTranscript: HooksDependencies['isOwnTranscript'];
  /** Runs the command that checks a result. */
  readonly runCheck: VerificationDependencies['runCommand'];
  /** Told of every session that outlived the last daemon: what that daemon knew of it has to be learnt again. */
  readonly outlived: (slotId: SlotId, signal: AbortSignal) => void;
  readonly expectedWords: (prompt: string, version: string | null) => string;
  readonly sameWords: (expected: string, heard: string) => boolean;
  readonly readTurn: TranscriptsDependencies['readTurn'];
  readonly lengthOf: TranscriptsDependencies['lengthOf'];
  /** What was said last, by the end of a transcript; null when nothing was. */
  readonly readLastWords: (transcriptPath: string) => Promise<string | null>;
  readonly watchSession: WatchSession;
  /** Whether the run is known to have called a hook, though perhaps no daemon heard it. */
  readonly hookWasCalled: (slotId: SlotId, epoch: Epoch) => boolean;
  readonly keepDoubt: DoubtsDependencies['keep'];
  readonly statusLineRow: StatusLineReader;
  /** Whom to tell of what, and how. */
  readonly telling: Pick<TellingDependencies, 'receivers' | 'send'>;
  readonly worktrees: Worktrees;
  readonly repositories: RepositoriesOnDisk;
  readonly repositoryCare: RepositoryCare;
  /** What stands before a merge, and how it is made. */
  readonly mergeGate: Omit<MergingDependencies['gate'], 'policy' | 'runCommand'>;
  readonly roles: { readonly store: RoleStore; readonly files: RoleFiles };
  readonly budgets: Budgets;
  readonly conversations: Pick<ConversationsDependencies, 'startIngest' | 'prices'>;
  /** How long what is known is kept. */
  readonly knowledge: KnowledgeSettings;
  /** Begins to compare what entries mean; called only where that is switched on. */
  readonly startNeighbours: StartNeighbours;
  readonly probeMachine: ProbeMachine;
  readonly infra: InfraDependencies;
  readonly skills: Pick<SkillsDependencies, 'library'>;
  readonly daemon: DaemonFacts;
  /** Language models that are no Claude Code. */
  readonly router: Router;
  /** What is learnt from conversations by itself. */
  readonly memory: MemorySettings;
  readonly readUsage: GoverningDependencies['readUsage'];
  readonly transcriptsOf: GoverningDependencies['transcriptsOf'];
  /** Sees every inspection event, for the Stately inspector. */
  readonly inspect?: (event: InspectionEvent) => void;
}
