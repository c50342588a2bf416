import { z } from 'zod';
import { SlotView } from '../../../actors/mission/views.ts';
import type { WhyView } from '../../../actors/mission/why-view.ts';
import type { Command } from '../command.ts';
import { askOfSlot } from '../slot-named.ts';
import { table } from '../table.ts';

const Slots = z.object({ slots: z.tuple([SlotView]) });

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How long something lasted, as people say it. */
function span(ms: number): string {
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`;
}

function agreement(agrees: boolean | undefined): string {
  if (agrees === undefined) return '';
  return agrees ? 'agrees' : 'DISAGREES';
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function signalTable({ signals }: WhyView): string {
  return table(
    ['SIGNAL', 'AGE', '', 'SAYS'],
    signals.map(({ source, says, ageMs, agrees }) => [source, span(ageMs), agreement(agrees), says]),
  );
}

function changeTable({ changes }: WhyView, now: number): string {
  return table(
    ['AGO', 'FROM', 'TO', 'BY', 'BECAUSE'],
    changes.map(({ at, from, to, rule, why }) => [span(now - at), from, to, rule, why]),
  );
}

function mismatchTable({ mismatches }: WhyView, now: number): string {
  return table(
    ['AGO', 'BELIEVED', 'SCREEN', 'REGISTER', 'LAST HOOK', 'WON'],
    mismatches.map(({ at, believed, screen, registry, hook, rule }) => [
      span(now - at),
      believed,
      screen,
      registry ?? '-',
      hook ?? '-',
      rule ?? 'nothing yet',
    ]),
  );
}

/** What a person reads of a slot: what it does, why that is believed, and what speaks against it. */
function explanation(slot: SlotView, now: number): string {
  const { slotId, state, conversation, health, status, why, failure } = slot;
  if (why === undefined)
    return `${slotId} is ${status}; no session runs${failure === undefined ? '.' : `: ${failure}`}\n`;
  const lines = [
    `${slotId}: ${state} (${conversation}) for ${span(now - why.since)}, health ${health}`,
    `  because  ${why.because} (${why.rule})`,
    `  now      ${why.standingBecause} (${why.standing})`,
    ...(why.disputed === undefined
      ? []
      : [`  disputed ${why.disputed.to} is shown; it is believed after ${span(why.disputed.settlesMs)}`]),
    ...(why.uncertain === undefined ? [] : [`  UNCERTAIN ${why.uncertain}`]),
    '',
    signalTable(why),
  ];
  const counted = `${why.mismatchCount} mismatches, ${why.dropped} signals of other runs dropped\n`;
  const mismatches = why.mismatches.length === 0 ? '' : indented(mismatchTable(why, now));
  return `${lines.join('\n')}\nChanges\n${indented(changeTable(why, now))}\n${counted}${mismatches}`;
}

export const explain: Command = {
  name: 'explain',
  agents: 'nothing',
  summary: 'why a slot is believed to do what it does: its signals, the rule that won, mismatches',
  usage: 'SLOT',
  options: {},
  words: [1, 1],
  async run({ positionals: [name = ''] }, { call, print }) {
    const {
      slots: [slot],
    } = Slots.parse(await askOfSlot(name, (slotId) => call('mission_pty_status', { slotId }), { call }));
    print(slot, () => explanation(slot, Date.now()));
    return 0;
  },
};
