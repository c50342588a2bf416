import fc from 'fast-check';

const KEYS = [
  'slotId',
  'role',
  'prompt',
  'message',
  'taskId',
  'response',
  'limit',
  'lines',
  'ids',
  'status',
  'hook_event_name',
  'session_id',
  'tool_name',
  'tool_input',
  'transcript_path',
  'cwd',
  'last_assistant_message',
  'jsonrpc',
  'id',
  'method',
  'params',
  'type',
  'data',
  'columns',
  'rows',
  'sequence',
];
const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('coder-1', 'coder', 'Stop', 'PreToolUse', 'PermissionRequest', 'Bash', '2.0', 'tools/call'),
  fc.constantFrom('input', 'resize', 'ack', '../..', '\u0000', null, true, Number.MAX_SAFE_INTEGER),
);

/** JSON that means something to some door. */
export const anyMeaning = fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 8 });
/** Bytes, JSON, and JSON that means something. */
export const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  anyMeaning.map((object) => Buffer.from(JSON.stringify(object))),
);
