import { expect, test } from 'vitest';
import { outlineOf } from '../../../services/skills/skill-sections.ts';

const headings = (text: string) => outlineOf(text).sections.map(({ heading }) => heading);

test('headings are those outside of front matter and code', () => {
  const text = [
    '---',
    'name: deploy',
    '# a comment',
    '---',
    '# Deploy',
    '```sh',
    '# no heading',
    '~~~',
    '## nor this',
    '```',
    '#hashtag',
    '## Ports ##',
    '    # code that is indented',
    '### Deeper',
    '## Paths',
  ].join('\n');
  expect(headings(text)).toEqual(['# Deploy', '## Ports ##', '### Deeper', '## Paths']);
  const [deploy, ports] = outlineOf(text).sections;
  expect(deploy?.end).toBe(text.length);
  expect(text.slice(ports?.start, ports?.end)).toBe('## Ports ##\n    # code that is indented\n### Deeper\n');
  expect(ports?.title).toBe('Ports');
  expect(text.slice(outlineOf(text).bodyStart)).toMatch(/^# Deploy/);
});

test('front matter that is never ended is text, and so is a line of dashes later on', () => {
  expect(headings('---\n# One\n')).toEqual(['# One']);
  expect(headings('text\n---\n# One\n---\n')).toEqual(['# One']);
  expect(outlineOf('---\nname: x\n---').bodyStart).toBe(15);
});

test('a block of code that is never ended is told of', () => {
  expect(outlineOf('# One\n```\n# two').endsInCode).toBe(true);
  expect(outlineOf('# One\n````\n```\n````\n').endsInCode).toBe(false);
  expect(outlineOf('# One\n``` not `code`\n').endsInCode).toBe(false);
});

test.each(['\n', '\r\n', '\r'])('whatever ends its lines: %j', (end) => {
  const text = `# One${end}a${end}## Two${end}b`;
  expect(outlineOf(text).sections.map(({ contentStart }) => text.slice(contentStart))).toEqual([
    `a${end}## Two${end}b`,
    'b',
  ]);
});

test('a section ends before the next heading of its level or a higher one', () => {
  const text = '# A\n### B\n## C\n### D\n# E\n## F\n';
  expect(outlineOf(text).sections.map(({ start, end }) => text.slice(start, end))).toEqual([
    '# A\n### B\n## C\n### D\n',
    '### B\n',
    '## C\n### D\n',
    '### D\n',
    '# E\n## F\n',
    '## F\n',
  ]);
});

test('a file of nothing but headings holds nobody up', () => {
  const text = '#\n'.repeat(250_000);
  const { sections } = outlineOf(text);
  expect([sections.length, sections[0]?.end, sections.at(-1)?.end]).toEqual([250_000, 2, text.length]);
});
