import { expect, test } from 'vitest';
import { callWithoutSecrets, taskListCallOf } from '../../../services/claude-tasks/task-results.ts';

const todo = (taskId: string, subject: string, status: string, activeForm: string | null = null) => ({
  taskId,
  subject,
  description: null,
  activeForm,
  status,
  owner: null,
  blockedBy: [],
});

test.each([
  [
    'TaskCreate (2.1.329)',
    { task: { id: '1', subject: 'Build the thing', description: 'all of it' } },
    { kind: 'created', taskId: '1', subject: 'Build the thing', description: 'all of it' },
  ],
  [
    'TaskUpdate (2.1.329)',
    {
      success: true,
      taskId: '1',
      updatedFields: ['status'],
      statusChange: { from: 'pending', to: 'in_progress' },
    },
    { kind: 'moved', taskId: '1', to: 'in_progress' },
  ],
  [
    'TaskUpdate that deletes (2.1.329)',
    {
      success: true,
      taskId: '2',
      updatedFields: ['deleted'],
      statusChange: { from: 'pending', to: 'deleted' },
    },
    { kind: 'moved', taskId: '2', to: 'deleted' },
  ],
  [
    'TodoWrite (2.0.60)',
    {
      oldTodos: [],
      newTodos: [
        { content: 'one', status: 'in_progress', activeForm: 'doing one' },
        { content: 'two', status: 'pending', activeForm: 'doing two' },
      ],
    },
    {
      kind: 'list',
      tasks: [todo('1', 'one', 'in_progress', 'doing one'), todo('2', 'two', 'pending', 'doing two')],
    },
  ],
])('%s', (_, result, call) => {
  expect(taskListCallOf(result)).toEqual(call);
});

test.each([
  ['a TaskUpdate that failed', { success: false, taskId: '1', statusChange: { from: 'a', to: 'completed' } }],
  ['a TaskUpdate of something else', { success: true, taskId: '1', updatedFields: ['owner'] }],
  ['TaskList', { tasks: [{ id: '1', subject: 'x', status: 'completed', blockedBy: [] }] }],
  ['an error', 'Error: No such tool available: TodoWrite.'],
  ["another tool's", { stdout: 'task', stderr: '' }],
  ['a task that is none', { task: 'all of it' }],
  ['nothing', undefined],
])('%s says nothing of the list', (_, result) => {
  expect(taskListCallOf(result)).toBeNull();
});

test('a task as it was created is cut as those of files are, and not in the middle of a secret', () => {
  const words = `${'a'.repeat(1_996)}hunter2${'b'.repeat(1_000)}`;
  const call = taskListCallOf({ task: { id: '1', subject: words, description: words } });
  const clean = call && callWithoutSecrets(call, (text) => text.replaceAll('hunter2', '[secret]'));
  const kept = `${'a'.repeat(1_996)}[sec`;
  expect(clean).toMatchObject({ subject: kept, description: kept });
});
