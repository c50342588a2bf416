import { PUT_INSTEAD } from '../../db/redact-tokens.ts';
import { hasCjk } from './cjk-letters.ts';
import type { Block } from './transcript-entry.ts';

/** Of everything that is said, at most so many characters are searched and shown at once. */
const MOST_WORDS = 32_000;
/** Of an input or a result of a tool. */
const MOST_OF_A_TOOL = 1_000;
/** What is longer is kept whole beside the message, up to this. */
const MOST_OF_A_BLOB = 256 * 1024;
const LARGEST_IMAGE_BYTES = 2 * 1024 * 1024;

const BETWEEN_PARTS = '\n';

export type PartKind = 'text' | 'thinking' | 'tool_use' | 'tool_result' | 'image' | 'other';
export type MessageRole = 'user' | 'assistant' | 'thinking' | 'tool_use' | 'tool_result' | 'system';

export interface Blob {
  readonly mediaType: string;
  readonly content: Buffer;
}

export interface Part {
  readonly kind: PartKind;
  /** Place of its text in the message's. */
  readonly start: number;
  readonly length: number;
  readonly tool: string | null;
  readonly toolUseId: string | null;
  readonly isError: boolean;
  /** All of it, where the text is only its beginning. */
  readonly blob: Blob | null;
  /** Characters (of an image: bytes) that it had in all. */
  readonly size: number;
}

export interface MessageText {
  readonly role: MessageRole;
  readonly text: string;
  readonly cjk: boolean;
  /** None for a message of one text that is all there. */
  readonly parts: readonly Part[];
}

interface Piece {
  readonly kind: PartKind;
  readonly text: string;
  readonly most: number;
  readonly tool?: string | undefined;
  readonly toolUseId?: string | undefined;
  readonly isError?: boolean | undefined;
  readonly image?: Blob | null;
  readonly size?: number;
}

/** Fields of an input that hold a secret however it looks, such as the password of mission_kb_discover. */
const SECRET_FIELD =
  /^(?:.+[_-])?(?:pass(?:word|wd|phrase)|secret|api[_-]?key|access[_-]?key|private[_-]?key|(?:access|auth|bearer|refresh|api)[_-]?token)$/i;

const withoutSecret = (name: string, value: unknown): unknown =>
  SECRET_FIELD.test(name) && typeof value === 'string' && value !== '' ? PUT_INSTEAD : value;

/** An input as lines: what stands in it is searched as words, not as JSON spells it. */
function inputText(input: unknown): string {
  if (typeof input !== 'object' || input === null) return input === undefined ? '' : String(input);
  return Object.entries(input)
    .map(([name, value]) => {
      const shown = withoutSecret(name, value);
      return `${name}: ${typeof shown === 'string' ? shown : JSON.stringify(shown, withoutSecret)}`;
    })
    .join('\n');
}

function imagePiece(source: Block['source'], of: Pick<Piece, 'toolUseId'> = {}): Piece {
  const data = source?.data ?? '';
  const size = Buffer.byteLength(data, 'base64');
  const mediaType = source?.media_type ?? 'application/octet-stream';
  const keep = data !== '' && size <= LARGEST_IMAGE_BYTES;
  return {
    kind: 'image',
    text: '',
    most: 0,
    ...of,
    image: keep ? { mediaType, content: Buffer.from(data, 'base64') } : null,
    size,
  };
}

function piecesOf(block: Block): readonly Piece[] {
  switch (block.type) {
    case 'text':
      return [{ kind: 'text', text: block.text ?? '', most: MOST_WORDS }];
    case 'thinking':
      return [{ kind: 'thinking', text: block.thinking ?? '', most: MOST_WORDS }];
    case 'tool_use':
    case 'server_tool_use':
      return [
        {
          kind: 'tool_use',
          text: inputText(block.input),
          most: MOST_OF_A_TOOL,
          tool: block.name ?? '',
          toolUseId: block.id,
        },
      ];
    case 'tool_result': {
      const { content = '', tool_use_id: toolUseId, is_error: isError } = block;
      const inner =
        typeof content === 'string' ? [{ type: 'text', text: content, source: undefined }] : content;
      const text = inner.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : []));
      return [
        { kind: 'tool_result', text: text.join('\n'), most: MOST_OF_A_TOOL, toolUseId, isError },
        ...inner.flatMap(({ type, source }) => (type === 'image' ? [imagePiece(source, { toolUseId })] : [])),
      ];
    }
    case 'image':
      return [imagePiece(block.source)];
    default:
      return [{ kind: 'other', text: '', most: 0 }];
  }
}

function roleOf(from: 'user' | 'assistant', isPutIn: boolean, pieces: readonly Piece[]): MessageRole {
  const has = (kind: PartKind): boolean => pieces.some((piece) => piece.kind === kind);
  if (from === 'user') {
    if (isPutIn) return 'system';
    return has('tool_result') ? 'tool_result' : 'user';
  }
  if (has('text')) return 'assistant';
  if (has('tool_use')) return 'tool_use';
  return has('thinking') ? 'thinking' : 'assistant';
}

/** Not in the middle of a pair of surrogates. */
function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const code = text.charCodeAt(most - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? most - 1 : most);
}

/**
 * What is stored of a message: its text, and where in it what stands.
 * @param redact takes secrets out, before anything is cut
 */
export function messageText(
  from: 'user' | 'assistant',
  isPutIn: boolean,
  blocks: readonly Block[],
  redact: (text: string) => string,
): MessageText {
  const pieces = blocks.flatMap(piecesOf);
  const parts: Part[] = [];
  let text = '';
  for (const { kind, text: raw, most, tool, toolUseId, isError, image, size } of pieces) {
    const whole = redact(raw);
    const beginning = beginningOf(whole, most);
    if (text !== '' && beginning !== '') text += BETWEEN_PARTS;
    const isCut = beginning.length < whole.length;
    const kept = isCut
      ? { mediaType: 'text/plain', content: Buffer.from(beginningOf(whole, MOST_OF_A_BLOB)) }
      : null;
    parts.push({
      kind,
      start: text.length,
      length: beginning.length,
      tool: tool ?? null,
      toolUseId: toolUseId ?? null,
      isError: isError === true,
      blob: image ?? kept,
      size: size ?? whole.length,
    });
    text += beginning;
  }
  const [only] = parts;
  const isPlain = parts.length === 1 && only?.kind === 'text' && only.blob === null;
  return { role: roleOf(from, isPutIn, pieces), text, cjk: hasCjk(text), parts: isPlain ? [] : parts };
}
