import type { ClaudeTaskView } from '../../../actors/claude-tasks/views.ts';
import { claudeSessions, claudeTaskLists } from '../../tools/claude-tasks.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

const SHORT_ID = 8;
const MARKS: Readonly<Record<ClaudeTaskView['status'], string>> = {
  pending: '☐',
  in_progress: '▸',
  completed: '✓',
};

const lineOf = ({ id, subject, status, activeForm, blockedBy = [] }: ClaudeTaskView): string => {
  const words = status === 'in_progress' ? (activeForm ?? subject) : subject;
  const after = blockedBy.length === 0 ? '' : `  (after ${blockedBy.join(', ')})`;
  return `  ${MARKS[status]} ${id}. ${words}${after}\n`;
};

export const todos: Command = {
  name: 'todos',
  agents: 'nothing',
  summary: 'the to-do lists that Claude Code keeps for itself: sessions that have one, or the tasks of one',
  usage: '[SESSION] [--project FOLDER] [--all]',
  options: {
    project: {
      type: 'string',
      help: 'only of this folder or of what lies below it, or of a folder of this name',
    },
    all: { type: 'boolean', help: 'sessions that have ended, too' },
  },
  words: [0, 1],
  async run({ positionals: [sessionId], values: { project, all } }, { call, print }) {
    const ofProject = project === undefined ? {} : { projectPath: project };
    if (sessionId !== undefined) {
      const output = claudeTaskLists.output.parse(
        await call(claudeTaskLists.name, { sessionId, ...ofProject }),
      );
      print(output, () =>
        output.sessions
          .map(
            ({ sessionId, project = '', tasks }) =>
              `${sessionId}  ${project}\n${tasks.map(lineOf).join('') || '  nothing\n'}`,
          )
          .join('\n'),
      );
      return 0;
    }
    const output = claudeSessions.output.parse(
      await call(claudeSessions.name, { ...ofProject, activeOnly: all !== true }),
    );
    print(output, () =>
      output.sessions.length === 0 && all !== true
        ? 'No session that runs has a to-do list; --all shows those that have ended.\n'
        : table(
            ['SESSION', 'STATE', 'SLOT', 'TO DO', 'DOING', 'DONE', 'PROJECT', 'ABOUT'],
            output.sessions.map(
              ({ sessionId, isActive, status, slotId, pending, inProgress, completed, project, summary }) => [
                sessionId.slice(0, SHORT_ID),
                status ?? (isActive ? 'active' : 'ended'),
                slotId ?? '',
                String(pending),
                String(inProgress),
                String(completed),
                project ?? '',
                summary ?? '',
              ],
            ),
          ),
    );
    return 0;
  },
};
