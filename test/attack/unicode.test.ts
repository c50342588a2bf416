import { describe, expect, it } from 'vitest';
import { Role, SlotId } from '../../db/ids.ts';
import { createJudge, type Decision } from '../../services/permissions/decide.ts';
import { Pattern } from '../../services/permissions/policy.ts';
import { revealLetters } from '../../services/terminal/reveal-letters.ts';
import { policyOf } from '../services/permissions/policies.ts';

const narrow = createJudge(
  policyOf({
    role: {
      allow: [
        'Bash(npm test*)',
        'Bash(ls *)',
        'Read(./**)',
        'WebFetch(domain:good.example)',
        'Edit(./src/**)',
      ],
      deny: ['Bash(rm*)', 'Bash(curl*)', 'WebFetch(domain:evil.example)', 'Read(secret/**)'],
    },
  }),
);
const decided = (tool: string, input: object): Decision['decision'] =>
  narrow({ role: 'coder', slotId: 'coder-1', tool, input, cwd: '/work/project' }).decision;

describe('look-alikes are not what they look like', () => {
  it.each([
    'nрm test',
    'ｎｐｍ test',
    'npm\u00a0test',
    'npm\u2003test',
    'npm\u200b test',
    'np\u00adm test',
    'npm te\u0455t',
    '\u202etset mpn',
    'ⅼs x',
    'ls\u3000x',
    'l\u{e0101}s x',
  ])('no rule allows %j', (command) => {
    expect(decided('Bash', { command })).toBe('confirm');
  });

  it.each([
    ['a name that is allowed, in another script', 'https://gооd.example/'],
    ['a name with a letter that is not seen', 'https://go\u200bod.example.evil.test/'],
    ['a name before a look-alike of the slash', 'https://good.example\u2215x.evil.test/'],
    ['a name before a full-width at sign', 'https://good.example\uff20evil.test/'],
    ['a look-alike of the dot behind the name', 'https://good.example\u2024evil.test/'],
    ['the name as a user', 'https://good.example@evil.test/'],
  ])('%s is not allowed', (_, url) => {
    expect(decided('WebFetch', { url })).not.toBe('allow');
  });

  it.each([
    ['full-width letters', 'https://ｅｖｉｌ.example/'],
    ['letters in circles', 'https://ⓔvil.example/'],
    ['a dot of another script', 'https://evil。example/'],
    ['a soft hyphen', 'https://ev\u00adil.example/'],
    ['large letters', 'https://EVIL.EXAMPLE/'],
    ['escapes', 'https://%65vil.example/'],
    ['a dot at the end', 'https://evil.example./'],
  ])('a host that becomes a denied one is denied: %s', (_, url) => {
    expect(decided('WebFetch', { url })).toBe('deny');
  });

  it.each([
    ["$'\\x72m' x", 'deny'],
    ["$'\\u0072m' x", 'deny'],
    ['r\\\nm x', 'deny'],
    ['\ufeffrm x', 'deny'],
    ['r\u200bm x', 'confirm'],
  ])('%j: %s', (command, decision) => {
    expect(decided('Bash', { command })).toBe(decision);
  });

  it.each(['Ваsh', 'Bаsh', 'Ｂash', 'Bash\u200b', 'bash', 'Read\u00a0'])(
    'a tool that calls itself %j is asked about, whatever it says',
    (tool) => {
      expect(decided(tool, { command: 'npm test', file_path: 'src/a' })).toBe('confirm');
    },
  );

  it.each(['Ваsh(rm*)', 'Bash\u200b(rm*)', 'Ｂash', 'Bash\u00a0(rm*)', 'Bаsh'])(
    'no rule is named %j',
    (pattern) => {
      expect(Pattern.safeParse(pattern).success).toBe(false);
    },
  );

  it.each([
    'сoder',
    'coder\u200b',
    'co\u202eder',
    'ｃoder',
    'coder\u0000',
    '..',
    '.',
    'a/b',
    'a\\b',
    ' a',
    'é',
  ])('no slot and no role is named %j', (name) => {
    expect([SlotId.safeParse(name).success, Role.safeParse(name).success]).toEqual([false, false]);
  });

  it.each(['secret/../src\u2215a', 'src\u2215..\u2215secret/a', 'src/．．/secret'])(
    'a path with look-alikes of slashes and dots stays a name: %j',
    (file) => {
      expect(decided('Read', { file_path: `/work/project/${file}` })).toBe('allow');
    },
  );
});

describe('who approves sees every letter', () => {
  it.each([
    ['rm \u202efdp.x', 'rm ⟨U+202E⟩fdp.x'],
    ['npm\u200btest', 'npm⟨U+200B⟩test'],
    ['a\u2066b\u2069', 'a⟨U+2066⟩b⟨U+2069⟩'],
    ['curl\u00a0x', 'curl⟨U+00A0⟩x'],
    ['a\u2028b', 'a⟨U+2028⟩b'],
    ['a\ufeffb\u00ad', 'a⟨U+FEFF⟩b⟨U+00AD⟩'],
    ['a\u{e0041}b', 'a⟨U+E0041⟩b'],
    ['部署 déploie 🙂', '部署 déploie 🙂'],
  ])('%j', (text, shown) => {
    expect(revealLetters(text)).toBe(shown);
  });
});
