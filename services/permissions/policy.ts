import { z } from 'zod';
import { readYamlText, sourceOf, type YamlText } from '../config/yaml-file.ts';
import { exactArgument } from './exact-rule.ts';
import type { OwnCommands } from './own-commands.ts';
import { slipOf } from './pattern-slip.ts';
import type { Protections } from './protections.ts';
import { splitPattern } from './tool-pattern.ts';

/** A pattern of permissions.yaml. */
export const Pattern = z
  .string()
  .trim()
  .regex(
    /^(?:\*|[A-Za-z_][\w*-]*(?:\([\s\S]*\))?)$/,
    'a pattern is a tool name, a tool name with an argument in brackets, or *',
  )
  .superRefine((pattern, context) => {
    const message = slipOf(pattern);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
/** `=` names one very call, which may be allowed; what forbids or asks means every wording of it. */
const Restricting = Pattern.refine(
  (pattern) => exactArgument(splitPattern(pattern).argument ?? '') === null,
  'a pattern with = is for allow alone',
);

/** Rules of one scope. The longer names are those of older files. */
export const RulesSchema = z
  .strictObject({
    allow: z.array(Pattern).default([]),
    confirm: z.array(Restricting).default([]),
    deny: z.array(Restricting).default([]),
    auto_allow: z.array(Pattern).default([]),
    require_confirm: z.array(Restricting).default([]),
  })
  .transform(({ allow, confirm, deny, auto_allow, require_confirm }) => ({
    allow: [...allow, ...auto_allow],
    confirm: [...confirm, ...require_confirm],
    deny,
  }));
export type Rules = z.output<typeof RulesSchema>;

export const NO_RULES: Rules = { allow: [], confirm: [], deny: [] };
const orNone = RulesSchema.nullish().transform((rules) => rules ?? NO_RULES);
const named = z
  .record(z.string(), orNone)
  .nullish()
  .transform((rules) => rules ?? {});

const PolicySchema = z.strictObject({ default: orNone, roles: named, slots: named });

/** permissions.yaml. What no rule names is confirmed. */
export type Policy = z.output<typeof PolicySchema> & {
  /** Rules that no file has to name: missiond's own files. */
  readonly always?: Rules;
  /** What agents may say at missiond's own command line; everything when it is left out. */
  readonly ownCommands?: OwnCommands;
  /** What only a person may let an agent do. */
  readonly protections?: Protections;
};

/** Without a file everything is confirmed. */
export const EMPTY_POLICY: Policy = { default: NO_RULES, roles: {}, slots: {} };

/**
 * Reads permissions.yaml.
 * @throws MissionError `permissions_invalid` with line and column of every problem
 */
export function loadPolicy(file: string): Policy {
  return readPolicyText(file, sourceOf(file, 'permissions_invalid')).value;
}

/**
 * Reads the text of a permissions.yaml.
 * @throws MissionError `permissions_invalid` with line and column of every problem
 */
export function readPolicyText(file: string, source: string): YamlText<z.output<typeof PolicySchema>> {
  return readYamlText(file, source, PolicySchema, {
    code: 'permissions_invalid',
    knownKeys: ['default', 'roles', 'slots', 'allow', 'confirm', 'deny', 'auto_allow', 'require_confirm'],
  });
}
