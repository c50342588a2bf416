import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FollowedSettings, followRouterSettings } from '../../../services/router/follow-settings.ts';

const KEY = 'sk-proj-abcdefghijklmnopqrstuvwx';
let home: string;
let read: (string | null)[];
let settings: () => FollowedSettings;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-router-'));
  read = [];
  settings = followRouterSettings(home, { MY_KEY: `${KEY}\n`, BAD_KEY: 'two words' }, (problem) =>
    read.push(problem?.message ?? null),
  );
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const yaml = (text: string): void => writeFileSync(path.join(home, 'router.yaml'), text);
function credentials(content: string, mode = 0o600): void {
  const file = path.join(home, 'credentials.json');
  writeFileSync(file, content);
  chmodSync(file, mode);
}
const backends = () =>
  settings().settings.backends.map(({ settings: { name, base_url }, key, problem }) => ({
    name,
    base_url,
    key,
    problem,
  }));

test('credentials.json alone is a backend', () => {
  credentials(JSON.stringify({ auth_url: 'https://llm.example.org/', api_key: KEY }));
  expect(backends()).toEqual([
    { name: 'credentials', base_url: 'https://llm.example.org/v1', key: KEY, problem: undefined },
  ]);
  credentials(
    JSON.stringify({ auth_url: 'https://llm.example.org', api_key: KEY, type: 'anthropic', model: 'm' }),
  );
  expect(settings().settings.backends[0]?.settings).toMatchObject({
    type: 'anthropic',
    base_url: 'https://llm.example.org',
    models: [{ name: 'm' }],
  });
});

test('keys come from variables, from credentials.json, or there is none; the order is that of the file', () => {
  credentials(JSON.stringify({ keys: { b: KEY } }));
  yaml(`
order: [c, b, a, d]
daily_budget_usd: 2
backends:
  - {name: a, type: openai, base_url: "https://a.example.org/v1", api_key_env: MY_KEY}
  - {name: b, type: anthropic, base_url: "https://b.example.org"}
  - {name: c, type: openai, base_url: "http://127.0.0.1:11434/v1"}
  - {name: d, type: openai, base_url: "https://d.example.org", api_key_env: BAD_KEY}
  - {name: e, type: openai, base_url: "https://e.example.org", api_key_env: NOT_SET}
`);
  expect(backends()).toMatchObject([
    { name: 'c', key: null, problem: undefined },
    { name: 'b', key: KEY },
    { name: 'a', key: KEY },
    { name: 'd', key: null, problem: expect.stringContaining('BAD_KEY') },
  ]);
  expect(settings().settings.dailyBudgetUsd).toBe(2);
});

test('keys of what is no backend are told of by name; what may be a key itself is not', () => {
  credentials(JSON.stringify({ keys: { a: KEY, claud: KEY } }));
  yaml('backends: [{name: a, type: openai, base_url: "https://a.example.org/v1"}]');
  expect(settings().settings.warning).toBe(
    'keys of credentials.json has names that are no backend of router.yaml: "claud"',
  );
  credentials(JSON.stringify({ keys: { [KEY]: KEY } }));
  const { warning } = settings().settings;
  expect(warning).toContain('one that is not shown here');
  expect(warning).not.toContain(KEY);
  credentials(JSON.stringify({ keys: { a: KEY } }));
  expect(settings().settings.warning).toBeUndefined();
});

test('a key is not sent in clear over the network', () => {
  credentials(JSON.stringify({ auth_url: 'http://llm.example.org', api_key: KEY }));
  expect(backends()).toMatchObject([{ key: null, problem: expect.stringContaining('https') }]);
  credentials(JSON.stringify({ auth_url: 'http://localhost:9', api_key: KEY }));
  expect(backends()).toMatchObject([{ key: KEY, problem: undefined }]);
});

test.each([
  ['others may read it', JSON.stringify({ api_key: KEY }), 0o644, /chmod|Others may read/],
  ['no JSON', `{"api_key": "${KEY}" oops "${KEY}"}`, 0o600, /credentials\.json:1:\d+: this is no JSON/],
  ['a key of another type', '{"api_key": 5}', 0o600, /credentials\.json:1:13: api_key/],
  ['a key in the wrong place', `{"${KEY}": "api_key"}`, 0o600, /unknown key "\[secret\]"/],
  ['a key that is named as a backend', `{"keys": {"${KEY}": 1}}`, 0o600, /keys\.\[secret\]/],
  ['a key with a line end', `{"keys": {"a": "${KEY} ${KEY}"}}`, 0o600, /keys\.a: a key has/],
])(
  'a credentials.json that is wrong (%s) is told of without the key, and the last one stays',
  (_, text, mode, said) => {
    credentials(JSON.stringify({ auth_url: 'https://llm.example.org', api_key: KEY }));
    expect(backends()).toHaveLength(1);
    credentials(text, mode);
    const { problem } = settings();
    expect(problem?.message).toMatch(said);
    expect(`${problem?.message} ${problem?.remedy} ${read.join()}`).not.toContain(KEY);
    expect(backends()).toHaveLength(1);
    expect(read).toHaveLength(1);
    credentials(JSON.stringify({ auth_url: 'https://other.example.org', api_key: KEY }));
    expect(backends()).toMatchObject([{ base_url: 'https://other.example.org/v1' }]);
    expect(read.at(-1)).toBeNull();
  },
);

test.each([
  ['as a name', (key: string) => `{"${key}": "x"}`],
  ['as the name of a backend', (key: string) => `{"keys": {"${key}": 1}}`],
  ['as an alias', (key: string) => `api_key: *${key}`],
])('a key that looks like no known service is not told of %s', (_, text) => {
  const key = 'Zq9ordinary7letters';
  credentials(text(key));
  expect(settings().problem?.message).toMatch(/credentials\.json:1:\d+: /);
  expect(`${settings().problem?.message} ${read.join()}`).not.toContain(key);
});

test('a slip of the pen is named', () => {
  credentials('{"auth_ulr": "https://llm.example.org"}');
  expect(settings().problem?.message).toMatch(/unknown key "auth_ulr"\. Did you mean "auth_url"\?/);
});

test('router.yaml that is wrong says where, and is read again when it is mended', () => {
  yaml(
    'backends:\n  - {name: a, type: openai, base_url: "https://me:pw@a.example.org"}\n  - name: a\n    typ: openai\n',
  );
  const { problem } = settings();
  expect(problem?.message).toMatch(
    /router\.yaml:2:\d+: backends\.0\.base_url: an address holds no credentials/,
  );
  expect(problem?.message).toMatch(
    /router\.yaml:4:5: backends\.1: unknown key "typ"\. Did you mean "type"\?/,
  );
  expect(backends()).toEqual([]);
  yaml(
    'order: [b]\nbackends:\n  - {name: a, type: anthropic, base_url: "https://a.example.org", embedding_model: {name: e}}\n',
  );
  expect(settings().problem?.message).toMatch(/the Messages API has no embeddings/);
  yaml('backends:\n  - {name: a, type: anthropic, base_url: "https://a.example.org"}\n');
  expect(settings().problem).toBeNull();
  expect(backends()).toHaveLength(1);
});
