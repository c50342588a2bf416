import path from 'node:path';
import { z } from 'zod';
import { readYamlText } from '../config/yaml-file.ts';
import { messageOf } from '../errors/message-of.ts';
import { withholdSecrets } from '../infra/withhold-secrets.ts';
import { splitFrontMatter } from '../roles/front-matter.ts';

/** People write one, several with commas between them, or a list. */
const Words = z
  .union([z.string(), z.array(z.union([z.string(), z.number()]))])
  .nullish()
  .transform((said) =>
    (typeof said === 'string' ? said.split(',') : (said ?? []).map(String))
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );

const SkillFrontMatter = z.looseObject({
  name: z.union([z.string(), z.number()]).nullish(),
  description: z.string().nullish(),
  aka: Words,
  'allowed-tools': Words,
  requires: z
    .looseObject({ skills: Words, infra: Words, kb: Words })
    .nullish()
    .transform((said) => said ?? { skills: [], infra: [], kb: [] }),
});

/** What a skill needs to be known besides. */
export interface SkillRequirements {
  readonly skills: readonly string[];
  readonly infra: readonly string[];
  readonly kb: readonly string[];
}

export interface SkillHead {
  readonly name: string | null;
  readonly description: string | null;
  readonly aka: readonly string[];
  readonly allowedTools: readonly string[];
  readonly requires: SkillRequirements;
  /** Why none of it could be read; the text behind it can be used all the same. */
  readonly problem: string | null;
}

const NOTHING: Omit<SkillHead, 'problem'> = {
  name: null,
  description: null,
  aka: [],
  allowedTools: [],
  requires: { skills: [], infra: [], kb: [] },
};

/** What a skill says of itself before its text, without secrets. */
export function readSkillHead(file: string, text: string): SkillHead {
  const { yaml } = splitFrontMatter(text);
  if (yaml === null) return { ...NOTHING, problem: null };
  try {
    const { value } = readYamlText(path.basename(file), yaml, SkillFrontMatter, {
      code: 'input_invalid',
      knownKeys: [],
      isQuoted: false,
    });
    const { skills, infra, kb } = value.requires;
    return {
      name: withholdSecrets(String(value.name ?? '').trim()) || null,
      description: withholdSecrets(value.description?.trim() ?? '') || null,
      aka: value.aka.map(withholdSecrets),
      allowedTools: value['allowed-tools'],
      requires: { skills, infra, kb },
      problem: null,
    };
  } catch (error) {
    return { ...NOTHING, problem: withholdSecrets(messageOf(error)) };
  }
}
