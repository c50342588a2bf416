import { createActor, fromPromise, type Snapshot, waitFor } from 'xstate';
import { ClaudeSessionId, Epoch, Role, SlotId } from '../../db/ids.ts';
import { type Launched, type SlotEvent, slotMachine } from '../../machines/slot.ts';
import { createVirtualClock } from '../../services/recording/virtual-clock.ts';

const slotId = SlotId.parse('coder-1');
const epoch = Epoch.parse('00000000-0000-4000-8000-000000000003');
const sessionId = ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001');

/** What the wall clock shows when the virtual one shows 0. */
const NOON = Date.parse('2026-06-15T12:00:00Z');

/** A slot whose programs are none, on a clock that only moves when told. */
export function startSlot(
  options: {
    /** Epoch milliseconds at which it starts. */
    readonly at?: number;
    readonly snapshot?: Snapshot<unknown>;
    readonly launch?: () => Promise<Launched>;
  } = {},
) {
  const clock = createVirtualClock();
  const at = options.at ?? NOON;
  const now = (): number => at + clock.now();
  const launched = async (): Promise<Launched> => ({ pid: 1, startedAt: now(), exit: null });
  const machine = slotMachine.provide({
    actors: {
      plan: fromPromise(async ({ input }) => ({
        epoch,
        sessionId,
        resume: input.resume,
        cwd: input.folder ?? '/tmp',
      })),
      launch: fromPromise(options.launch ?? launched),
      terminate: fromPromise(async () => {}),
      clock: fromPromise(async () => ({ at: now(), chance: 1 })),
    },
  });
  const actor = createActor(machine, {
    clock,
    input: { slotId, role: Role.parse('coder') },
    ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
  });
  actor.start();
  const reaches = (state: string) => waitFor(actor, ({ value }) => value === state);
  return {
    actor,
    send: (event: SlotEvent) => actor.send(event),
    reaches,
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
    /** Lets time pass. */
    wait: (ms: number) => clock.moveTo(clock.now() + ms),
    now,
    start(change: { readonly by?: 'person' | 'daemon'; readonly autoRestart?: boolean } = {}) {
      actor.send({ type: 'slot.start', by: 'daemon', autoRestart: true, resume: false, ...change });
    },
    /** Its program ends by itself. */
    async crash(): Promise<void> {
      await reaches('live');
      actor.send({ type: 'terminal.exited', epoch, code: 1, signal: null, at: now() });
      await waitFor(actor, ({ value }) => ['backingOff', 'quarantined', 'stopped'].includes(value));
    },
  };
}
