import { describe, expect, it } from 'vitest';
import { readingOfRows } from './reading-of-rows.ts';

const RULE = '─'.repeat(70);
const DOTS = '╌'.repeat(70);
const OPTIONS = [' ❯ 1. Yes', '   2. Yes, allow all edits during this session (shift+tab)', '   3. No'];
const FOOTER = ['', ' Esc to cancel · Tab to amend'];

/** Bodies as they were drawn, with the version that drew them. */
const DRAWN = [
  [
    '2.1.329, a command',
    [
      ' Bash command',
      ' Tip: auto mode handles these prompts for you',
      ' Print lines',
      DOTS,
      ' for i in 1 2; do echo $i; done',
      DOTS,
      " A variable in this command can't be checked before it runs",
      ' Do you want to proceed?',
    ],
    {
      tool: 'Bash',
      argument: 'for i in 1 2; do echo $i; done',
      description: 'Print lines',
      notes: "A variable in this command can't be checked before it runs",
    },
  ],
  [
    '2.1.329, a command of several lines',
    [' Bash command', ' Make files', DOTS, ' │ touch a b', ' │ touch c', DOTS, ' Do you want to proceed?'],
    { tool: 'Bash', argument: 'touch a b\ntouch c', description: 'Make files' },
  ],
  [
    '2.1.150, a command',
    [' Bash command', '', '   touch a b', '   touch c', '   Make files', '', ' Do you want to proceed?'],
    { tool: 'Bash', argument: 'touch a b\ntouch c', description: 'Make files' },
  ],
  [
    '2.1.329, a new file',
    [' Create file', ' new.txt', DOTS, '  1 alpha', '  2 beta', DOTS, ' Do you want to create new.txt?'],
    { tool: 'Write', argument: 'new.txt', file: 'new.txt', diff: ' 1 alpha\n 2 beta' },
  ],
  [
    '2.0.60, a new file',
    [
      ' Create file',
      `╭${'─'.repeat(68)}╮`,
      '│ new.txt                                                            │',
      '│                                                                    │',
      '│ alpha                                                              │',
      `╰${'─'.repeat(68)}╯`,
      ' Do you want to create new.txt?',
    ],
    { tool: 'Write', argument: 'new.txt', file: 'new.txt', diff: 'alpha' },
  ],
  [
    '2.1.329, an edit',
    [
      ' Edit file',
      ' a.txt',
      DOTS,
      ' 1  one',
      ' 2 -two',
      ' 2 +zwei',
      DOTS,
      ' Do you want to make this edit to a.txt?',
    ],
    { tool: 'Edit', argument: 'a.txt', file: 'a.txt', diff: '1  one\n2 -two\n2 +zwei' },
  ],
  [
    '2.0.60, an edit',
    [
      ' Edit file a.txt',
      DOTS,
      '   2 -  two',
      '   2 +  zwei',
      DOTS,
      ' Do you want to make this edit to a.txt?',
    ],
    { tool: 'Edit', argument: 'a.txt', file: 'a.txt', diff: '  2 -  two\n  2 +  zwei' },
  ],
  [
    '2.0.60, an address',
    [
      ' Fetch',
      '',
      '   http://127.0.0.1:1/x',
      '   Claude wants to fetch content from 127.0.0.1',
      '',
      ' Do you want to allow Claude to fetch this content?',
    ],
    {
      tool: 'WebFetch',
      argument: 'http://127.0.0.1:1/x',
      description: 'Claude wants to fetch content from 127.0.0.1',
    },
  ],
  [
    '2.1.329, a file to read',
    [' Read file', DOTS, ' Read(/etc/hostname)', DOTS, ' Do you want to proceed?'],
    { tool: 'Read', argument: 'Read(/etc/hostname)' },
  ],
] as const;

describe('a trust dialog says which folder it is about, and what it asks', () => {
  const FOLDER = '/home/dev/my work';
  const OLDER = [
    ' Do you trust the files in this folder?',
    '',
    ` ${FOLDER}`,
    '',
    ' Claude Code may read, write, or execute files contained in this directory.',
    '',
    ' Learn more',
    '',
    ' ❯ 1. Yes, proceed',
    '   2. No, exit',
    '',
    ' Enter to confirm · Esc to exit',
  ];
  const NEWER = [
    ' Accessing workspace:',
    '',
    ` ${FOLDER}`,
    '',
    ' Quick safety check: Is this a project you created or',
    " one you trust? (Like your own code). If not, review what's in this folder first.",
    '',
    ' Security guide',
    '',
    ' ❯ No, exit',
    '   Yes, I trust this folder',
    '',
    ' Enter to confirm · Esc to cancel',
  ];
  it.each([
    ['2.0.60', OLDER, 'Do you trust the files in this folder?'],
    ['2.1.329', NEWER, 'Is this a project you created or one you trust?'],
  ])('%s', async (_, rows, question) => {
    const { dialog } = await readingOfRows([RULE, ...rows]);
    expect(dialog).toMatchObject({ kind: 'trust', argument: FOLDER, question });
  });
});

describe('a permission dialog is read in full', () => {
  it.each(DRAWN)('%s', async (_, body, expected) => {
    const { level, dialog } = await readingOfRows([RULE, ...body, ...OPTIONS, ...FOOTER]);
    expect(level).toBe('confirming');
    const { kind, heading, question, options, footer, ...about } = dialog ?? { options: [] };
    expect(about).toEqual(expected);
    expect({ kind, heading, question, footer }).toEqual({
      kind: 'permission',
      heading: body[0].trim(),
      question: body.at(-1)?.trim(),
      footer: 'Esc to cancel · Tab to amend',
    });
    expect(options.map(({ label }) => label)).toEqual([
      'Yes',
      'Yes, allow all edits during this session (shift+tab)',
      'No',
    ]);
  });

  it('a label that is longer than its row is read whole', async () => {
    const { dialog } = await readingOfRows([
      RULE,
      ' Edit file',
      ' a.txt',
      DOTS,
      ' 2 +zwei',
      DOTS,
      ' Do you want to make this edit to a.txt?',
      ' ❯ 1. Yes',
      '   2. Yes, and switch to accept edits for this',
      '      session (shift+tab)',
      '   3. No',
      ...FOOTER,
    ]);
    expect(dialog?.options.map(({ label }) => label)).toEqual([
      'Yes',
      'Yes, and switch to accept edits for this session (shift+tab)',
      'No',
    ]);
  });
});
