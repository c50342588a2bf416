import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newSkill, withFragment, withSection } from '../../../services/skills/edit-skill.ts';
import { outlineOf } from '../../../services/skills/skill-sections.ts';
import { differenceOf } from '../../../services/skills/text-difference.ts';
import { SEED } from '../../fuzz/settings.ts';

const FILE = `---
name:   deploy   # the person's own blanks
unknown: {kept: true}
---
before any heading

# Deploy


## Paths

/srv/old

### Deeper

also gone
## Ports
443
---
a fragment   
`;

describe('a section', () => {
  test('gets other words, and nothing else becomes another', () => {
    const after = withSection(FILE, { heading: '## Paths', content: '/srv/new\n\n### Logs\n\n/var/log' });
    expect(after).toBe(
      FILE.replace('/srv/old\n\n### Deeper\n\nalso gone', '/srv/new\n\n### Logs\n\n/var/log'),
    );
    expect(withSection(after, { heading: 'Paths', content: '/srv/new\n\n### Logs\n\n/var/log' })).toBe(after);
    expect(withSection('# A\n## B', { heading: '## B', content: 'x' })).toBe('# A\n## B\n\nx');
    expect(withSection('## A\n## B\nb\n', { heading: '## A', content: 'x' })).toBe('## A\n\nx\n\n## B\nb\n');
  });

  test('that is new stands at the end, or behind so many of its level', () => {
    expect(withSection(FILE, { heading: '## Logs', content: '/var/log' })).toBe(
      `${FILE}\n## Logs\n\n/var/log\n`,
    );
    expect(withSection(FILE, { heading: 'Logs', content: '/var/log', order: 1 })).toBe(
      FILE.replace('## Ports', '\n## Logs\n\n/var/log\n\n## Ports'),
    );
    expect(withSection('a', { heading: '# B', content: 'c' })).toBe('a\n\n# B\n\nc\n');
  });

  test('ends its lines as the file does', () => {
    expect(withSection('# A\r\n\r\nold\r\n', { heading: '# A', content: 'x\ny' })).toBe(
      '# A\r\n\r\nx\r\ny\r\n',
    );
  });

  test.each([
    ['a heading that is there twice', '## A\n## A\n', '## A', 'x', /2 headings/],
    ['content that leaves its section', '## A\n', '## A', 'x\n# B\ny', /leave its section: # B/],
    ['content with code that is never ended', '## A\n## B\n', '## A', '```\nx', /never ended/],
    ['content that ends a block of the file', '## A\n```\n', '## B', '```\nx\n```', /never ended/],
    ['front matter within', '## A\n', '## A', '---\nname: x\n---\ny', /front matter/],
    ['content without words', '## A\n', '## A', ' \n', /no words/],
    ['a title of two lines', '# A\n', '## B\n# C', 'x', /no heading/],
  ])('%s is refused', (_, text, heading, content, message) => {
    expect(() => withSection(text, { heading, content })).toThrow(message);
  });

  test('whatever the file holds, what stands before and behind it is there byte for byte', () => {
    const line = fc.constantFrom(
      '',
      ' ',
      'text',
      '## One',
      '# Two',
      '### Three',
      '```',
      '~~~',
      '---',
      '\tx',
      '##',
      '#a',
    );
    const end = fc.constantFrom('\n', '\r\n');
    const file = fc
      .tuple(fc.array(line, { maxLength: 14 }), end)
      .map(([lines, newline]) => lines.join(newline));
    const content = fc.array(fc.constantFrom('', 'new', '#### Deep', '```', 'a ``` b'), { maxLength: 4 });
    fc.assert(
      fc.property(
        file,
        content,
        fc.constantFrom('## One', '# Two', '### Three', 'New'),
        (text, words, heading) => {
          let after: string;
          try {
            after = withSection(text, { heading, content: words.join('\n') });
          } catch {
            return;
          }
          const was = outlineOf(text).sections.find((one) => one.heading === heading);
          const before = was === undefined ? text : text.slice(0, was.contentStart);
          const behind = was === undefined ? '' : text.slice(was.end);
          expect(after.startsWith(before)).toBe(true);
          if (!(was === undefined)) expect(after.endsWith(behind)).toBe(true);
          expect(withSection(after, { heading, content: words.join('\n') })).toBe(after);
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});

describe('a fragment', () => {
  test('stands at the end, once', () => {
    const after = withFragment(FILE, 'one more\nfact');
    expect(after).toBe(`${FILE}\none more\nfact\n`);
    expect(withFragment(after, 'one more\nfact\n')).toBe(after);
    expect(withFragment(after, 'one more')).toBe(after);
    expect(withFragment(after, 'fac')).toBe(`${after}\nfac\n`);
    expect(withFragment('a\r\nb', 'c\nd')).toBe('a\r\nb\r\n\r\nc\r\nd\r\n');
  });

  test('is not put into a block of code, and leaves none open', () => {
    expect(() => withFragment('# A\n```\n', 'x')).toThrow(/never ended/);
    expect(() => withFragment('# A\n', '```\nx')).toThrow(/never ended/);
  });
});

test('what a new skill says of itself can be read again, whatever it says', () => {
  expect(newSkill('deploy', 'Use when: "it"\nis time')).toBe(
    '---\nname: deploy\ndescription: "Use when: \\"it\\" is time"\n---\n\n# deploy\n',
  );
});

test('a difference shows what became another, with what stands around', () => {
  expect(differenceOf('a\nb\nc\nd\ne\n', 'a\nb\nc\nX\ne\n')).toBe('@@ -2,5 +2,5 @@\n b\n c\n-d\n+X\n e\n ');
  expect(differenceOf('a', 'a')).toBe('');
});
