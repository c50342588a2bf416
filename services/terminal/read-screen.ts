import { atLeast } from '../claude/version-order.ts';
import { type ComposerPlace, commandMenuOpen, findComposer } from './composer.ts';
import { readDialog } from './dialog.ts';
import { FACES, type Faces } from './faces.ts';
import type { ComposerReading, DialogReading, ScreenLevel, ScreenReading } from './reading.ts';
import type { ScreenRows } from './screen-rows.ts';
import { readToolOutput } from './tool-output.ts';
import { readTail, type TranscriptTail } from './transcript-tail.ts';
import { readWorkNotes } from './work-notes.ts';

/** What a look at the rows yields; the reader adds when and how far. */
export type RowsReading = Omit<ScreenReading, 'sequence' | 'at' | 'columns' | 'rows' | 'title'>;

/** The banner stands below at most a few blank rows, or the frame that older versions draw around it. */
const BANNER_ROWS = 8;

interface Judgement {
  readonly level: ScreenLevel;
  readonly evidence: string[];
}

function dialogLevel(dialog: DialogReading): ScreenLevel {
  if (dialog.kind === 'permission') return 'confirming';
  return dialog.kind === 'trust' ? 'trust' : 'dialog';
}

/** Signs that a turn goes on, strongest first. A spinner at rest can be left over; two signs never are. */
function workSigns(spinner: string | undefined, statusBar: string, title: string, faces: Faces): string[] {
  const signs: string[] = [];
  if (faces.titleWork.test(title)) signs.push('title:work');
  if (faces.interruptHint.test(statusBar)) signs.push('statusBar:interrupt');
  if (spinner !== undefined) signs.push('spinner');
  return signs;
}

function judgeWork({ tail, spinner, turnEnded }: TranscriptTail, signs: string[], faces: Faces): Judgement {
  if (spinner !== undefined && faces.compacting.test(spinner))
    return { level: 'compacting', evidence: ['spinner:compacting', ...signs] };
  if (tail.kind === 'toolWaiting') return { level: 'toolRunning', evidence: ['tail:toolWaiting', ...signs] };
  // The title works before the box is drawn anew: below the answer of the turn before stands the row that ended it.
  if (tail.kind === 'answer' && turnEnded) return { level: 'thinking', evidence: ['turnEnded', ...signs] };
  // What looks like a problem while the turn goes on is an answer that begins like one, and is drawn like one.
  if (tail.kind === 'answer' || tail.kind === 'error' || tail.kind === 'limit')
    return { level: 'responding', evidence: [`tail:${tail.kind}`, ...signs] };
  return { level: 'thinking', evidence: [`tail:${tail.kind}`, ...signs] };
}

/** An answer that is one line and begins like an error is drawn like one, but leaves the row of a finished turn. */
function onlyLooksWrong({ turnEnded }: TranscriptTail, faces: Faces, version: string | undefined): boolean {
  return turnEnded && (version === undefined || !atLeast(faces.errorEndsTurnUntil, version));
}

function stopFollowsError(faces: Faces, version: string | undefined): boolean {
  return version !== undefined && atLeast(faces.stopFollowsErrorUntil, version);
}

function judgeRest(told: TranscriptTail, faces: Faces, version: string | undefined): Judgement {
  const { tail, turnEnded, parked } = told;
  const evidence = ['composer', `tail:${tail.kind}`, ...(turnEnded ? ['turnEnded'] : [])];
  if (parked) return { level: 'parked', evidence: ['turnEnded:parked', ...evidence] };
  if (tail.kind === 'error' || tail.kind === 'limit') {
    if (onlyLooksWrong(told, faces, version)) return { level: 'idle', evidence };
    return { level: tail.kind === 'error' ? 'error' : 'limited', evidence };
  }
  if (tail.kind === 'interrupted') return { level: 'interrupted', evidence };
  return { level: 'idle', evidence };
}

function contextLeft(bar: string, faces: Faces): number | undefined {
  for (const [pattern, meaning] of faces.contextLeft) {
    const percent = pattern.exec(bar)?.[1];
    if (percent !== undefined) return meaning === 'left' ? Number(percent) : 100 - Number(percent);
  }
  return undefined;
}

/** A box that was left behind in the transcript ends in the rule of the dialog that stands below it. */
function dialogStandsBelow(screen: ScreenRows, place: ComposerPlace, faces: Faces): boolean {
  const below = { ...screen, rows: screen.rows.slice(place.bottom) };
  return readDialog(below, faces)?.footer !== undefined;
}

/**
 * Reads what the session is doing from the visible rows and the window title. Pure: the same rows, the same reading.
 * Geometry decides: what stands in the prompt box, above it and below it; wordings only tell like from like.
 * `version`: of Claude Code, where it is known.
 */
export function readScreen(
  screen: ScreenRows,
  title: string,
  faces: Faces = FACES,
  version?: string,
): RowsReading {
  const place = findComposer(screen, faces);
  if (place === null || dialogStandsBelow(screen, place, faces))
    return readWithoutComposer(screen, title, faces);
  const bar = screen.rows
    .slice(place.bottom + 1)
    .map(({ text }) => text)
    .join('\n');
  const above = screen.rows.slice(0, place.top);
  const tail = readTail(above, faces);
  const toolOutput = readToolOutput(above, faces);
  const menu = commandMenuOpen(screen, place, faces);
  const signs = workSigns(tail.spinner, bar, title, faces);
  const judged: Judgement =
    signs.length > 0 && !restIsPlain(signs, title, tail, faces)
      ? judgeWork(tail, signs, faces)
      : menu
        ? { level: 'slashMenu', evidence: ['composer:menu'] }
        : judgeRest(tail, faces, version);
  const composer: ComposerReading = menu ? { kind: 'menu', text: place.reading.text } : place.reading;
  const mode = bar
    .split('\n')
    .map((line) => faces.mode.exec(line)?.[1])
    .find((found) => found !== undefined);
  const percent = contextLeft(bar, faces);
  const failed = judged.level === 'error' || judged.level === 'limited';
  return {
    level: judged.level,
    composer,
    ...(mode === undefined ? {} : { mode }),
    ...(tail.spinner === undefined ? {} : { activity: tail.spinner }),
    ...(tail.tail.kind === 'error' && judged.level === 'error' ? { errorText: tail.tail.text } : {}),
    ...(tail.tail.kind === 'limit' && judged.level === 'limited' ? { limitText: tail.tail.text } : {}),
    ...(failed && stopFollowsError(faces, version) ? { stopFollowsError: true } : {}),
    ...(percent === undefined ? {} : { contextLeftPercent: percent }),
    ...readWorkNotes(above, bar, tail.spinner, faces),
    ...(toolOutput === undefined ? {} : { toolOutput }),
    evidence: judged.evidence,
  };
}

/**
 * A spinner row alone is no proof of work when the title says rest and the turn has left its closing row; nor is the
 * title when that row says that only work behind the turn goes on.
 */
function restIsPlain(signs: readonly string[], title: string, tail: TranscriptTail, faces: Faces): boolean {
  if (signs.length !== 1) return false;
  if (signs[0] === 'spinner') return faces.titleRest.test(title) && tail.turnEnded;
  return signs[0] === 'title:work' && tail.parked;
}

function readWithoutComposer(screen: ScreenRows, title: string, faces: Faces): RowsReading {
  const composer: ComposerReading = { kind: 'absent', text: '' };
  const dialog = readDialog(screen, faces);
  if (dialog !== null)
    return { level: dialogLevel(dialog), composer, dialog, evidence: [`dialog:${dialog.kind}`] };
  // A panel without choices: its last row names the keys.
  const last = screen.rows.findLast(({ text }) => text.trim() !== '')?.text ?? '';
  if (faces.dialogFooter.test(last)) return { level: 'dialog', composer, evidence: ['noComposer', 'footer'] };
  if (faces.titleWork.test(title)) {
    const judged = judgeWork(readTail(screen.rows, faces), ['title:work'], faces);
    return { level: judged.level, composer, evidence: judged.evidence };
  }
  const written = screen.rows.filter(({ text }) => text.trim() !== '').length;
  // A few rows without a box are the banner of a program that is still starting.
  return written < 8
    ? { level: 'starting', composer, evidence: ['noComposer'] }
    : { level: 'unknown', composer, evidence: ['noComposer', 'noDialog'] };
}

/** The first rows of a session name the version. */
export function bannerVersion({ rows }: ScreenRows, faces: Faces): string | undefined {
  for (const { text } of rows.slice(0, BANNER_ROWS)) {
    const version = faces.banner.exec(text)?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}
