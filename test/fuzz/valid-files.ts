/** Files that somebody else writes, as they are when they are right. */

const json = (lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const said = (id: string, content: readonly object[], stop_reason: string | null) => ({
  type: 'assistant',
  message: {
    id,
    content,
    stop_reason,
    usage: {
      input_tokens: 3,
      output_tokens: 5,
      cache_read_input_tokens: 7,
      cache_creation_input_tokens: 11,
    },
  },
});

/** Of Claude Code: a conversation. */
export const TRANSCRIPT = json([
  { type: 'file-history-snapshot' },
  { type: 'user', message: { role: 'user', content: 'say: hello' } },
  said('msg_1', [{ type: 'text', text: 'I look.' }], null),
  said('msg_1', [{ type: 'tool_use', id: 't', name: 'Bash', input: { command: 'ls' } }], 'tool_use'),
  { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't', content: 'out' }] } },
  { ...said('msg_2', [{ type: 'text', text: 'hello' }], 'end_turn'), isSidechain: false },
  { type: 'system', subtype: 'turn_duration' },
  { type: 'user', message: { content: '<command-name>/clear</command-name>' } },
  {
    type: 'user',
    isMeta: true,
    message: { content: [{ type: 'text', text: '[Request interrupted by user]' }] },
  },
]);
/** Of Claude Code: what it says of itself. */
export const REGISTER = {
  pid: process.pid,
  sessionId: '6a3b5a80-7f1d-4d43-9a39-3b2f3a1c0001',
  cwd: '/w',
  version: '2.1.329',
  status: 'waiting',
  waitingFor: 'permission prompt',
  statusUpdatedAt: 1_700_000_000_000,
};
/** Of asciinema. */
export const RECORDING = json([
  { version: 2, width: 60, height: 20, timestamp: 1_700_000_000, env: { TERM: 'xterm' } },
  [0.1, 'o', '\u001b[2J\u001b[H\u001b[?2026h╭─── Claude Code v2.1.329 ───╮\r\n'],
  [0.5, 'o', '─────────────────────\r\n❯ \r\n─────────────────────\r\n\u001b]0;✳ Claude\u0007\u001b[?2026l'],
  [1.2, 'i', 'hello\r'],
  [1.5, 'o', '\u001b[3A\u001b[38;2;1;2;3m✻ Thinking… (1s · ↓ 5 tokens · esc to interrupt)\u001b[0m\r\n'],
  [2, 'r', '80x24'],
  [2.5, 'm', 'a mark'],
  [4, 'o', '● hello\r\n\u001b[1;20r\u001b[?1049h\u001b[10S\u001b[?1049l\u001b[c\u001b[6n'],
]);
/** Of a person. */
export const SLOTS_YAML = `# who works
slots:
  - { id: coder-1, role: coder, cwd: /tmp, traits: [docker], env: { A: "\${env:HOME}" } }
  - id: researcher-1
    role: researcher
    description: >-
      reads, and
      reads
    stuck: { afterMinutes: 5 }
maxQueued: 500
budgets: { day: { usd: 10 } }
protect: { paths: [deploy/**], branches: [main, release/*] }
roles: { coder: { maxQueued: 100, gates: { forcePush: deny } } }
hooks:
  - { on: [question], command: [notify-send, "somebody asks"], timeoutSeconds: 5 }
`;
export const ROUTER_YAML = `# who is asked
daily_budget_usd: 5
order: [claude, local]
backends:
  - name: claude
    type: anthropic
    base_url: https://api.example.org
    api_key_env: ROUTER_KEY
    models: [{ name: haiku, price: { input: 1, output: 5 }, max_output: 8192 }]
  - { name: local, type: openai, base_url: "http://127.0.0.1:11434/v1", embedding_model: { name: e }, retries: 1 }
`;
export const CREDENTIALS = {
  auth_url: 'https://llm.example.org',
  api_key: 'sk-proj-abcdefghijklmnopqrstuvwx',
  model: 'm',
  keys: { claude: 'another-key' },
};
export const PERMISSIONS_YAML = `default: &default
  allow: [Read(*), Grep, "Bash(npm test*)"] # comment
roles:
  coder:
    allow: ["Edit(./**)", 'WebFetch(domain:example.org)']
    confirm: [Bash(git push*)]
    deny: [Bash(rm -rf*), mcp__a__*]
  other: *default
slots: {}
`;
export const FACES_YAML = `interruptHint: /esc to (?:interrupt|stop)/i
spinner: ["·", "✢", "✳"]
headings: [[/^Do you/i, permission]]
`;
/** What YAML can say that no file of ours does. */
export const STRANGE_YAML: readonly string[] = [
  'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n',
  '&a [*a]\n',
  'slots: &s { <<: *s }\n',
  '? { a: b }\n: c\n',
  '? [a]\n: c\n',
  '!!binary "AAAA"\n',
  '!!js/function "x"\n',
  '!!set { a, b }\n',
  '!!timestamp 2026-11-21\n',
  '--- a\n--- b\n...\n',
  '%YAML 9.9\n---\n',
  'slots: !<tag:yaml.org,2002:str> x\n',
  '__proto__: { allow: ["*"] }\n',
  'roles: { __proto__: { allow: ["*"] }, constructor: { allow: ["*"] } }\n',
  '\tslots: []\n',
  'slots: 0x7fffffffffffffffffffffff\n',
  'maxQueued: .inf\n',
  'maxQueued: .nan\n',
  'a: |+9\n',
  '"\\ud800": \\x00\n',
  `${'['.repeat(2_000)}\n`,
  `${'- '.repeat(2_000)}\n`,
];
