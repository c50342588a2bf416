import type { Known } from './team-model.ts';

export interface Call {
  readonly name: string;
  readonly input: Record<string, unknown>;
  /** Not tried again, whatever came of it: it is written down elsewhere. */
  readonly once?: true;
}

const bash = (command: string): Call => ({ name: 'Bash', input: { command, description: command } });
const tool = (name: string, input: Record<string, unknown>): Call => ({
  name: `mcp__missiond__mission_${name}`,
  input,
});
const toSupervisor = (body: string): Call => tool('message_send', { to: 'role:supervisor', body });
const saw = ({ told }: Known, words: string): boolean => told.some((text) => text.includes(words));
const resultOf = ({ made }: Known, name: string, words: string): string | undefined =>
  made.find(({ call, worked }) => worked && call.name === name && JSON.stringify(call.input).includes(words))
    ?.result;

export const WORK = {
  owl: 'Put the apples on the list.',
  fox: 'Put the pears on the list.',
  hare: 'Break what the check looks at.',
} as const;
export const REWORK = 'A reviewer asks for more: say what the apples cost.';

function supervisor(known: Known): readonly Call[] {
  const isDone = (name: string): boolean => saw(known, `| ${name} of shop is done`);
  return [
    ...(saw(known, 'Three things are to be done')
      ? Object.entries(WORK).map(([name, task]) => tool('worker_create', { name, task }))
      : []),
    ...(isDone('owl') && isDone('fox') && isDone('hare')
      ? [tool('worker_create', { name: 'first-look', role: 'reviewer', task: 'Review all three.' })]
      : []),
    ...(saw(known, '| The price is missing') ? [tool('worker_task', { name: 'owl', task: REWORK })] : []),
    ...(saw(known, '| The apples have a price')
      ? [tool('worker_create', { name: 'second-look', role: 'reviewer', task: 'Review the price.' })]
      : []),
    ...['fox', 'hare', 'owl']
      .filter((name) => saw(known, `| ${name} is approved`))
      .map((name) => tool('message_send', { to: 'role:merge-queue', body: `work/${name} is to be merged` })),
  ];
}

function mergeQueue(known: Known): readonly Call[] {
  return ['fox', 'hare', 'owl']
    .filter((name) => saw(known, `| work/${name} is to be merged`))
    .flatMap((name): readonly Call[] => {
      const subject = `work/${name}`;
      const answer = resultOf(known, 'mcp__missiond__mission_merge', subject);
      const isRefused = answer?.includes('"ok":false') === true;
      return [
        { ...tool('merge', { subject }), once: true },
        ...(isRefused ? [toSupervisor(`${name} was refused by the gate`)] : []),
      ];
    });
}

function reviewer(known: Known): readonly Call[] {
  const isFirst = saw(known, 'Review all three.');
  const branches = isFirst ? ['owl', 'fox', 'hare'] : ['owl'];
  const look = bash(`git rev-parse ${branches.map((name) => `work/${name}`).join(' ')}`);
  const commits = resultOf(known, 'Bash', 'rev-parse')?.match(/\b[0-9a-f]{40}\b/g) ?? [];
  if (commits.length < branches.length) return [look];
  const verdicts = branches.map((name, index) => {
    const isEnough = !isFirst || name !== 'owl';
    const verdict = isEnough ? 'approve' : 'request_changes';
    const comments = isEnough ? '' : 'The price is missing.';
    return tool('review', { commit: commits[index], verdict, comments });
  });
  return [
    look,
    ...verdicts,
    ...(isFirst
      ? [toSupervisor('The price is missing in work/owl'), toSupervisor('fox is approved\nhare is approved')]
      : [toSupervisor('owl is approved')]),
    tool('done', { summary: `Reviewed ${branches.join(', ')}` }),
  ];
}

const done = (summary: string): Call => tool('done', { summary, tests: 'make test: passed' });

function worker(known: Known): readonly Call[] {
  if (saw(known, WORK.owl))
    return [
      bash('./put list.txt bread apples'),
      bash('git commit -q -a -m "Apples"'),
      bash('./wait-for radar'),
      done('The apples are there'),
      ...(saw(known, REWORK)
        ? [
            bash('./wait-for rework'),
            bash('./put list.txt bread "apples 2"'),
            bash('git commit -q -a -m "The price of apples"'),
            done('The apples have a price'),
          ]
        : []),
    ];
  if (saw(known, WORK.fox))
    return [
      bash('./put list.txt bread pears'),
      bash('git commit -q -a -m "Pears"'),
      bash('./wait-for radar'),
      ...(saw(known, 'change the same files: list.txt')
        ? [
            bash('./put list.txt bread'),
            bash('./put pears.txt pears'),
            bash('git add pears.txt list.txt'),
            bash('git commit -q -m "Pears have a list of their own"'),
            done('The pears have a list of their own'),
          ]
        : []),
    ];
  return [
    { name: 'Write', input: { file_path: 'broken.txt', content: 'x\n' } },
    bash('git add broken.txt'),
    bash('git commit -q -m "Broken"'),
    bash('./wait-for radar'),
    done('It is broken'),
  ];
}

const PLANS: readonly (readonly [string, (known: Known) => readonly Call[]])[] = [
  ['You are the supervisor of a team', supervisor],
  ['You keep the merge queue', mergeQueue],
  ['You review one change', reviewer],
  ['You are a worker', worker],
];

/** What an agent has to do in all, by its role and what it was told; null for whoever is none of the team. */
export function planOf(known: Known): readonly Call[] | null {
  return PLANS.find(([words]) => known.system.includes(words))?.[1](known) ?? null;
}
