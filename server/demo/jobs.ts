/** What the demonstration submits: prompts that script the model's side, and what should come of them. */
export interface DemoJob {
  readonly title: string;
  readonly role: 'coder' | 'researcher';
  prompt(workspace: (slotId: string) => string): string;
  /** Answered through mission_pty_confirm when it asks. */
  readonly asks: boolean;
  /** What the answer must hold for the demonstration to have gone as it should. */
  readonly expected: RegExp;
}

const tool = (name: string, input: Readonly<Record<string, unknown>>): string =>
  `tool: ${name} ${JSON.stringify(input)}`;

export const DEMO_JOBS: readonly DemoJob[] = [
  {
    title: 'a plain question',
    role: 'researcher',
    prompt: () => 'say: A statechart is a state machine with hierarchy, parallel regions and history.',
    asks: false,
    expected: /^A statechart is/,
  },
  {
    title: 'a file that the policy allows',
    role: 'coder',
    prompt: (workspace) =>
      tool('Write', { file_path: `${workspace('coder-1')}/hello.txt`, content: 'hello from missiond\n' }),
    asks: false,
    expected: /created successfully/,
  },
  {
    title: 'a command that the policy denies',
    role: 'coder',
    prompt: () => tool('Bash', { command: 'rm -rf build', description: 'Remove the build' }),
    asks: false,
    expected: /refused.*missiond denies this/s,
  },
  {
    title: 'a command that asks first',
    role: 'researcher',
    prompt: () => tool('Bash', { command: 'touch notes.txt', description: 'Make a notes file' }),
    asks: true,
    expected: /finished/,
  },
];

export const DEMO_SLOTS = [
  { id: 'coder-1', role: 'coder', description: 'Writes and tests code' },
  { id: 'researcher-1', role: 'researcher', description: 'Reads and explains' },
] as const;

export const DEMO_PERMISSIONS = `# The demonstration's policy. Deny wins over confirm over allow; what no rule names is asked.
default:
  allow: [Read(*), Grep, Glob]
  deny: ["Bash(rm -rf*)"]
roles:
  coder:
    allow: [Write(*), Edit(*)]
  researcher:
    confirm: ["Bash(touch*)"]
slots: {}
`;
