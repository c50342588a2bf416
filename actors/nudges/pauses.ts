import type { RepositoryName, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { NudgeLedger, PauseRow } from '../../services/ledger/nudge-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Pause } from '../governor/governor.ts';

/** Which slots: one, those of a repository, or all. */
export interface Whom {
  readonly slotId?: SlotId | undefined;
  readonly repository?: RepositoryName | undefined;
  readonly all?: boolean | undefined;
}

/** Slots that somebody puts aside: no task, mail or nudge comes to them, and what they do goes on to its end. */
export interface Pauses {
  /** @throws MissionError `input_invalid` unless one thing is named, `slot_unknown` */
  pause(
    whom: Whom,
    options: { readonly minutes?: number | undefined; readonly by: string },
  ): readonly SlotId[];
  /** @returns those that were put aside */
  wake(whom: Whom): readonly SlotId[];
}

const MINUTE_MS = 60_000;

export function createPauses({
  core,
  ledger,
  dispatchSoon,
}: {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'runtime' | 'runtimes' | 'view'>;
  readonly ledger: Pick<NudgeLedger, 'pauses' | 'pause' | 'wake' | 'atOnce'>;
  readonly dispatchSoon: () => void;
}) {
  const rows = new Map<SlotId, PauseRow>(ledger.pauses().map((row) => [row.slotId, row]));

  function of(slotId: SlotId): Pause | null {
    const row = rows.get(slotId);
    if (row === undefined || (row.until !== null && row.until <= core.now())) return null;
    return { key: 'person', why: `put aside by ${row.by} (missiond wake ${slotId})`, until: row.until };
  }

  function slotsOf({ slotId, repository, all }: Whom): readonly SlotId[] {
    const named = [slotId, repository, all === true ? all : undefined].filter((one) => one !== undefined);
    if (named.length !== 1)
      throw new MissionError('input_invalid', 'Name a slot, or a repository, or say all.', {
        remedy: 'missiond pause SLOT, missiond pause --repo NAME, or missiond pause --all.',
      });
    if (slotId !== undefined) return [core.runtime(slotId).configuration.id];
    return [...core.runtimes.keys()].filter(
      (id) => repository === undefined || core.agents.get(id)?.repository === repository,
    );
  }

  function tell(slots: readonly SlotId[]): void {
    for (const slotId of slots)
      core.bus.publish({ type: 'slot_changed', at: core.now(), slot: core.view(slotId) });
  }

  const operations: Pauses = {
    pause(whom, { minutes, by }) {
      const at = core.now();
      const until = minutes === undefined ? null : at + minutes * MINUTE_MS;
      const slots = slotsOf(whom);
      ledger.atOnce(() => {
        for (const slotId of slots) ledger.pause({ slotId, by, at, until });
      });
      for (const slotId of slots) rows.set(slotId, { slotId, by, at, until });
      tell(slots);
      return slots;
    },

    wake(whom) {
      const slots = slotsOf(whom);
      const paused = slots.filter((slotId) => of(slotId) !== null);
      ledger.atOnce(() => {
        for (const slotId of slots) ledger.wake(slotId);
      });
      for (const slotId of slots) rows.delete(slotId);
      tell(paused);
      dispatchSoon();
      return paused;
    },
  };
  return { operations, of };
}
