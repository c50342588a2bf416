import type { SlotView, TaskView } from '../../actors/mission/views.ts';

export interface TableOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface LiveTable {
  update(slots: readonly SlotView[], tasks: readonly (TaskView & { readonly title: string })[]): void;
  /** Writes a line above the table. */
  note(line: string): void;
  /** Leaves the table as it stands. */
  finish(): void;
}

const USUAL_COLUMNS = 100;

function padded(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > width ? `${line.slice(0, width - 1)}…` : line.padEnd(width);
}

function drawing(
  slots: readonly SlotView[],
  tasks: readonly (TaskView & { readonly title: string })[],
  columns: number,
): string[] {
  const rest = Math.max(20, columns - 52);
  return [
    `${padded('SLOT', 14)} ${padded('STATE', 14)} ${padded('DOING', rest + 20)}`,
    ...slots.map(({ slotId, state, statusText, pendingConfirmation }) => {
      const doing =
        pendingConfirmation === undefined
          ? (statusText ?? '')
          : `asks: ${pendingConfirmation.tool ?? ''} ${pendingConfirmation.argument ?? ''}`;
      return `${padded(slotId, 14)} ${padded(state, 14)} ${padded(doing, rest + 20)}`;
    }),
    '',
    `${padded('TASK', 34)} ${padded('SLOT', 14)} ${padded('STATUS', 10)}`,
    ...tasks.map(
      ({ title, slotId, status }) => `${padded(title, 34)} ${padded(slotId ?? '', 14)} ${padded(status, 10)}`,
    ),
  ];
}

/** Redraws in place on a terminal; elsewhere (a log, a pipe) writes a line for each change. */
export function createLiveTable(output: TableOutput): LiveTable {
  let drawn: string[] = [];
  const seen = new Map<string, string>();

  function clear(): void {
    if (drawn.length > 0) output.write(`\u001b[${drawn.length}A\u001b[J`);
    drawn = [];
  }

  function draw(lines: string[]): void {
    clear();
    drawn = lines;
    output.write(`${lines.join('\n')}\n`);
  }

  function change(key: string, value: string): void {
    if (seen.get(key) === value) return;
    seen.set(key, value);
    output.write(`  ${key}: ${value}\n`);
  }

  return {
    update(slots, tasks) {
      if (output.isTTY === true) {
        draw(drawing(slots, tasks, output.columns ?? USUAL_COLUMNS));
        return;
      }
      for (const { slotId, state } of slots) change(`slot ${slotId}`, state);
      for (const { title, status, slotId } of tasks)
        change(`task "${title}"`, slotId === undefined ? status : `${status} (${slotId})`);
    },
    note(line) {
      const kept = drawn;
      clear();
      output.write(`${line}\n`);
      if (kept.length > 0) draw(kept);
    },
    finish() {
      drawn = [];
    },
  };
}
