import { randomUUID } from 'node:crypto';
import { AND, type Tmux } from './tmux.ts';

/** Options of ours on sessions and windows: names can be changed by hand, and two teams' names may be written alike. */
const TEAM = '@missiond-team';
const MEMBER = '@missiond-slot';
/** tmux takes these for parts of a target. */
const NO_PART_OF_A_NAME = /[.:\s]/g;

export interface TeamMember {
  readonly slotId: string;
  /** What its window is called. */
  readonly name: string;
}

export interface TeamSession {
  readonly session: string;
  /** Windows that were made, and those whose program had ended and was started again. */
  readonly opened: readonly string[];
}

export interface TeamSessionOptions {
  /** Which team of which missiond: its session is known by it. */
  readonly team: string;
  /** What the session is called unless another one has that name. */
  readonly usualName: string;
  readonly members: readonly TeamMember[];
  /** What runs in the window of a member. */
  readonly command: (slotId: string) => readonly string[];
}

interface Window {
  readonly id: string;
  readonly slotId: string;
  readonly isDead: boolean;
}

async function sessionOf(tmux: Tmux, team: string, usualName: string, signal: AbortSignal) {
  const sessions = await tmux.list(['list-sessions'], ['#{session_name}', `#{${TEAM}}`], signal);
  const own = sessions.find(([, of]) => of === team)?.[0];
  if (own !== undefined) return { session: own, isThere: true };
  const taken = new Set(sessions.map(([name]) => name));
  const name = usualName.replace(NO_PART_OF_A_NAME, '_');
  for (let number = 1; ; number += 1) {
    const session = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(session)) return { session, isThere: false };
  }
}

async function windowsOf(tmux: Tmux, session: string, signal: AbortSignal): Promise<readonly Window[]> {
  const rows = await tmux.list(
    ['list-windows', '-t', `=${session}`],
    ['#{window_id}', `#{${MEMBER}}`, '#{pane_dead}'],
    signal,
  );
  return rows.map(([id = '', slotId = '', isDead]) => ({ id, slotId, isDead: isDead === '1' }));
}

/** A word that ends with a semicolon would end the command. */
const asWord = (word: string): string => word.replace(/;$/, '\\;');

/**
 * Marks a window that was made under a name that nobody else has, and gives it its own. It stays when its program ends:
 * what that last said can be read.
 */
function marks(session: string, madeAs: string, { slotId, name }: TeamMember): readonly string[] {
  const window = `=${session}:=${madeAs}`;
  return [
    ...[AND, 'set-option', '-w', '-t', window, MEMBER, slotId],
    ...[AND, 'set-option', '-w', '-t', window, 'remain-on-exit', 'on'],
    ...[AND, 'rename-window', '-t', window, name],
  ];
}

/**
 * Makes the tmux session of a team as it should be: one window for each member, in which `command` runs. What the person
 * has opened or closed there is theirs: other windows are left alone, closed ones come again.
 * @throws MissionError `tmux_failed`
 */
export async function openTeamSession(
  tmux: Tmux,
  { team, usualName, members, command }: TeamSessionOptions,
  signal: AbortSignal,
): Promise<TeamSession> {
  const { session, isThere } = await sessionOf(tmux, team, usualName, signal);
  const windows = isThere ? await windowsOf(tmux, session, signal) : [];
  const opened: string[] = [];
  const isOwn = [AND, 'set-option', '-t', `=${session}:`, TEAM, team];
  for (const member of members) {
    const window = windows.find(({ slotId }) => slotId === member.slotId);
    if (window !== undefined && !window.isDead) continue;
    const program = ['--', ...command(member.slotId).map(asWord)];
    const madeAs = randomUUID();
    const isFirst = !isThere && opened.length === 0;
    const make = isFirst
      ? ['new-session', '-d', '-s', session, '-n', madeAs, ...program, ...isOwn]
      : ['new-window', '-d', '-t', `=${session}:`, '-n', madeAs, ...program];
    const open =
      window === undefined
        ? [...make, ...marks(session, madeAs, member)]
        : ['respawn-pane', '-t', window.id, ...program];
    await tmux.run(open, signal);
    opened.push(member.slotId);
  }
  return { session, opened };
}
