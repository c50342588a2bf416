import type { TaskProgress } from '../../actors/mission/views.ts';

/** One line for people and models: the tool that runs, and how often each was called. */
export function sayProgress({ tools, currentTool, lastWords }: TaskProgress): string {
  const counts = Object.entries(tools);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const now = currentTool === undefined ? '' : `${currentTool.name} ${currentTool.argument}`.trim();
  const called =
    total === 0
      ? ''
      : `${total} ${total === 1 ? 'tool' : 'tools'} (${counts.map(([name, count]) => `${name} ${count}`).join(', ')})`;
  const said = now === '' ? (lastWords?.split('\n').at(-1) ?? '') : '';
  return [now, called, said].filter((part) => part !== '').join(' · ') || 'at work';
}
