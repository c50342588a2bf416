import { atLeast } from '../../../services/claude/version-order.ts';
import { callTool, callTools, type Scenario, type Stage } from '../stage.ts';
import { SUBAGENT } from '../truth-log.ts';

const bash = (command: string, description: string) => ['Bash', { command, description }] as const;

/** Newer versions have no tools for searching any more (seen on 2.1.250; 2.1.150 has them): they search by commands. */
const SEARCHES_BY_COMMANDS_SINCE = '2.1.200';

function searches({ version, cwd }: Stage) {
  return atLeast(version, SEARCHES_BY_COMMANDS_SINCE)
    ? [bash('find . -name "*.txt"', 'Find texts'), bash('grep -n beta a.txt', 'Search')]
    : ([
        ['Glob', { pattern: '*.txt' }],
        ['Grep', { pattern: 'beta', path: cwd }],
      ] as const);
}

/** Tools: one, many, in sub-agents, in the background, with lists of things to do. */
export const work: Readonly<Record<string, Scenario>> = {
  tools: {
    sizes: [[80, 24]],
    async play(stage) {
      await stage.start();
      await stage.permit(callTool('Read', { file_path: `${stage.cwd}/a.txt` }));
      await stage.permit(callTool(...bash('sleep 4; cat a.txt', 'Wait, then show a file')));
      await stage.permit(callTool(...bash('touch made.txt && sleep 3', 'Make a file')));
      await stage.permit(
        callTool('Write', { file_path: `${stage.cwd}/new.txt`, content: 'one\ntwo\nthree\n' }),
      );
      await stage.permit(
        callTool('Edit', { file_path: `${stage.cwd}/a.txt`, old_string: 'beta', new_string: 'BETA' }),
        'esc',
      );
      await stage.permit(`${callTool(...bash('seq 1 200; sleep 2', 'Count'))}\nthen slow: 25`);
      await stage.permit(callTool(...bash('exit 3', 'Fail')));
    },
  },
  parallel: {
    async play(stage) {
      await stage.start();
      await stage.permit(
        `${callTools(
          ['Read', { file_path: `${stage.cwd}/a.txt` }],
          bash('sleep 3; cat a.txt', 'Slow cat'),
          bash('sleep 5; ls', 'Slower list'),
          bash('sleep 1; wc a.txt', 'Count'),
        )}\nthen slow: 20`,
      );
      await stage.permit(
        callTools(
          bash('touch p1 && sleep 2', 'Make one'),
          bash('touch p2 && sleep 2', 'Make two'),
          bash('sleep 2', 'Wait'),
        ),
      );
    },
  },
  searches: {
    // 2.1.329 goes on drawing what it folds into one row as running until the answer stands: only hooks know better.
    leastAlone: 0.7,
    async play(stage) {
      await stage.start();
      await stage.permit(
        `${callTools(...searches(stage), bash('sleep 3; cat a.txt', 'Slow cat'), bash('ls', 'List'))}\nthen slow: 20`,
      );
    },
  },
  subagents: {
    async play(stage) {
      await stage.start();
      const agent = (description: string, prompt: string) =>
        ['Task', { description, prompt: `${prompt} ${SUBAGENT}`, subagent_type: 'general-purpose' }] as const;
      await stage.permit(`${callTools(agent('Count words', 'slow: 40'))}\nthen slow: 20`);
      await stage.permit(
        callTools(agent('Think a while', 'think: 4'), agent('Count more words', 'slow: 60')),
      );
    },
  },
  background: {
    async play(stage) {
      await stage.start();
      const command = {
        command: 'sleep 7; echo finished',
        description: 'Wait behind',
        run_in_background: true,
      };
      await stage.permit(callTool('Bash', command));
      await stage.pause(2_000);
      await stage.ask('slow: 20');
      // Newer versions tell the model when it has ended, which is a turn of its own.
      await stage.pause(6_000);
      await stage.idle();
      await stage.pause(1_500);
    },
  },
  todos: {
    sizes: [[80, 24]],
    async play(stage) {
      await stage.start();
      const todo = (content: string, status: string) => ({ content, status, activeForm: `Doing ${content}` });
      const list = (second: string) => ({
        todos: [
          todo('the first thing', 'completed'),
          todo('the second thing', second),
          todo('the third', 'pending'),
        ],
      });
      await stage.permit(
        `${callTool('TodoWrite', list('in_progress'))}\nthen ${callTool(...bash('sleep 4; cat a.txt', 'Do it'))}\nthen slow: 30`,
      );
      await stage.permit(`${callTool('TodoWrite', list('completed'))}\nthen say: all but one done`);
    },
  },
  tasks: {
    since: '2.1.100',
    async play(stage) {
      await stage.start();
      const task = (subject: string) =>
        [
          'TaskCreate',
          { subject, description: `${subject}, at length`, activeForm: `Doing ${subject}` },
        ] as const;
      await stage.permit(
        `${callTools(task('the first thing'), task('the second thing'))}\nthen ${callTool('TaskUpdate', { taskId: '1', status: 'in_progress' })}\nthen ${callTool(...bash('sleep 4; cat a.txt', 'Do it'))}\nthen slow: 30`,
      );
      await stage.pause(1_500);
    },
  },
};
