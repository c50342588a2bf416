/** What a dialog is about, taken from the rows between its heading and its question. */
export interface DialogBody {
  /** The command, the file, the address: the thing that is asked about. */
  readonly argument?: string;
  /** What the agent says it is for. */
  readonly description?: string;
  /** Claude Code's own remarks below it. */
  readonly notes?: string;
  readonly file?: string;
  /** The new content, or the lines that go and come, as they are drawn. */
  readonly diff?: string;
}

/** Rows of dots around what is asked about (2.0.60 edits; everything from 2.1.150 on). */
const DOTTED = /^\s*[╌┄]{8,}\s*$/;
/** A frame around the content of a new file (2.0.60). */
const FRAME_TOP = /^\s*╭─{8,}/;
const FRAME_BOTTOM = /^\s*╰─{8,}/;
const ADVICE = /^\s*Tip:/;
const WRITES_FILES: ReadonlySet<string> = new Set(['Write', 'Edit', 'NotebookEdit']);

interface Block {
  readonly before: readonly string[];
  readonly inside: readonly string[];
  readonly after: readonly string[];
}

function findBlock(rows: readonly string[]): Block | null {
  const start = rows.findIndex((row) => DOTTED.test(row) || FRAME_TOP.test(row));
  if (start < 0) return null;
  const ends = FRAME_TOP.test(rows[start] ?? '') ? FRAME_BOTTOM : DOTTED;
  const length = rows.slice(start + 1).findIndex((row) => ends.test(row));
  if (length < 0) return null;
  return {
    before: rows.slice(0, start),
    inside: rows.slice(start + 1, start + 1 + length),
    after: rows.slice(start + length + 2),
  };
}

const said = (rows: readonly string[]): string[] =>
  rows
    .filter((row) => !ADVICE.test(row))
    .map((row) => row.trim())
    .filter((row) => row !== '' && !/^[╌─▔]+$/.test(row));

/** Without the bar that marks a command of several lines (2.1.329), and without the blank at the edge. */
const drawn = (rows: readonly string[]): string =>
  rows
    .map((row) => row.replace(/^ (?:│ )?/, '').trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '');

function filled(body: Readonly<Record<keyof DialogBody, string | undefined>>): DialogBody {
  return Object.fromEntries(Object.entries(body).filter(([, text]) => text !== undefined && text !== ''));
}

function fileBody(heading: string, block: Block): DialogBody {
  // 2.0.60 names the file in the heading of an edit, and in the first row of the frame of a new file.
  const named = said(block.before)[0] ?? /^\S+ file (\S.*)$/.exec(heading)?.[1];
  const [first = '', ...rest] = block.inside;
  const file = named ?? first.trim();
  return filled({
    argument: file,
    description: undefined,
    notes: said(block.after).join('\n'),
    file,
    diff: drawn(named === undefined ? rest : block.inside),
  });
}

/**
 * Takes a dialog's body apart. `rows` are those between heading and question; what cannot be told apart stays together
 * in `argument`.
 */
export function readDialogBody(
  rows: readonly string[],
  { heading, tool }: { readonly heading: string; readonly tool: string | undefined },
): DialogBody {
  const block = findBlock(rows);
  if (block !== null) {
    if (tool !== undefined && WRITES_FILES.has(tool)) return fileBody(heading, block);
    return filled({
      argument: drawn(block.inside),
      description: said(block.before).join('\n'),
      notes: said(block.after).join('\n'),
      file: undefined,
      diff: undefined,
    });
  }
  const lines = said(rows);
  // Without a frame (to 2.1.150) a command is followed by its description, an address by a remark.
  const parted = lines.length > 1 && (tool === 'Bash' ? lines.length - 1 : tool === 'WebFetch' ? 1 : 0);
  const about = parted ? lines.slice(0, parted) : lines;
  return filled({
    argument: about.join('\n'),
    description: parted ? lines.slice(parted).join('\n') : undefined,
    notes: undefined,
    file: undefined,
    diff: undefined,
  });
}
