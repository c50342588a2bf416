import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { Role } from '../../db/ids.ts';
import { readYamlText } from '../config/yaml-file.ts';
import { MissionError } from '../errors/mission-error.ts';
import { RulesSchema } from '../permissions/policy.ts';
import { splitFrontMatter } from './front-matter.ts';

/** Where a definition of a role was found, the weakest first: a later one takes the place of an earlier one of its name. */
const ROLE_SOURCES = ['claude', 'package', 'home', 'repository'] as const;
export type RoleSource = (typeof ROLE_SOURCES)[number];

/** Longer than any description of work; a model reads all of it with every request. */
const MOST_LETTERS = 100_000;
const MOST_DESCRIBED = 1_000;
/** A stranger's YAML of a hundred thousand letters can hold up the daemon for half a minute. */
const MOST_FRONT_LETTERS = 8_000;

/** `Read, Grep, Bash(git *)` and lists. Of an entry with an argument the tool counts: rules say the rest. */
const Tools = z
  .union([z.string(), z.array(z.string())])
  .transform((said) => (typeof said === 'string' ? said.split(/,(?![^(]*\))/) : said))
  .transform((names) =>
    names.map((name) => name.replace(/\([\s\S]*$/, '').trim()).filter((name) => name !== ''),
  )
  .pipe(
    z
      .array(
        z
          .string()
          .regex(/^(?:\*|[A-Za-z_][\w*-]*)$/, 'a tool is named as Bash, mcp__server__tool, or with *'),
      )
      .max(200),
  );
const Description = z.string().trim().max(MOST_DESCRIBED);

const OwnFields = z.strictObject({
  name: Role.optional(),
  description: Description.optional(),
  tools: Tools.optional(),
  model: z.string().trim().min(1).max(200).optional(),
  permissions: RulesSchema.optional(),
  /** `false`: nobody asks it how it goes. */
  nudge: z
    .union([
      z.literal(false).transform(() => null),
      z.null(),
      z.strictObject({ afterMinutes: z.number().positive().max(10_080) }),
    ])
    .optional(),
  persistence: z.enum(['persistent', 'ephemeral']).optional(),
  worktree: z.boolean().optional(),
  extends: Role.optional(),
  /** Of which roles its agents make others. */
  creates: z.array(Role).max(100).optional(),
});
export type DefinitionFields = Omit<z.output<typeof OwnFields>, 'name'>;

/** Of Claude Code's own definitions what has a meaning here; what is said besides is for Claude Code. */
const ClaudeFields = z
  .looseObject({
    name: Role.optional(),
    description: z
      .string()
      .transform((text) => text.trim().slice(0, MOST_DESCRIBED))
      .optional(),
    tools: Tools.optional(),
    model: z.string().trim().optional(),
  })
  .transform(({ name, description, tools, model }) => ({
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(tools === undefined ? {} : { tools }),
    // `inherit` is what a role without a model does.
    ...(model === undefined || model === '' || model === 'inherit' ? {} : { model }),
  }));

/** One file that defines a role, as it is written. */
export interface WrittenDefinition {
  readonly name: Role;
  readonly source: RoleSource;
  readonly file: string;
  /** SHA-256 of the file, in hex: what a person trusts. */
  readonly digest: string;
  readonly fields: DefinitionFields;
  readonly prompt: string;
}

/** The first paragraph below the title, of a file that says nothing else of itself. */
function described(body: string): string {
  const [, rest = body] = /^#[^\n]*\n([\s\S]*)$/.exec(body) ?? [];
  const [paragraph = ''] = rest.trim().split(/\n\s*\n/);
  return paragraph.replace(/\s+/g, ' ').slice(0, 200);
}

/**
 * Reads a definition of a role: Markdown, with front matter or without. The name of the file is the name of the role
 * unless it says another.
 * @throws MissionError `config_invalid` with file, line and column of every problem
 */
export function readDefinition(file: string, text: string, source: RoleSource): WrittenDefinition {
  const fail = (what: string): MissionError =>
    new MissionError('config_invalid', `${file}:1:1: ${what}`, {
      remedy: 'Mend the file; nothing of it was used.',
    });
  if (text.length > MOST_LETTERS) throw fail(`a definition has ${MOST_LETTERS} letters at most`);
  if (text.includes('\0')) throw fail('it is no text');
  const { yaml, body } = splitFrontMatter(text);
  if ((yaml?.length ?? 0) > MOST_FRONT_LETTERS)
    throw fail(`what stands before its words has ${MOST_FRONT_LETTERS} letters at most`);
  const { name, ...fields } = readYamlText(file, yaml ?? '', source === 'claude' ? ClaudeFields : OwnFields, {
    code: 'config_invalid',
    knownKeys: [...Object.keys(OwnFields.shape), 'allow', 'confirm', 'deny', 'afterMinutes'],
  }).value;
  const named = Role.safeParse(name ?? path.basename(file, '.md'));
  if (!named.success) throw fail('the name of the file is no name of a role; say `name:`');
  return {
    name: named.data,
    source,
    file,
    digest: createHash('sha256').update(text).digest('hex'),
    fields: { ...fields, description: fields.description ?? ('extends' in fields ? '' : described(body)) },
    prompt: body,
  };
}
