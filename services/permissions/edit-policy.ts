import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, type Pair, type YAMLSeq } from 'yaml';
import { writeWhole } from '../config/write-whole.ts';
import { sourceOf, type YamlText } from '../config/yaml-file.ts';
import { MissionError } from '../errors/mission-error.ts';
import { NO_RULES, type Policy, type Rules, readPolicyText } from './policy.ts';

/** Whose rules are changed. */
export type Scope = { readonly role: string } | { readonly slotId: string };

export type PolicyEdit =
  /** These rules take the place of all that the scope had. */
  | { readonly kind: 'set'; readonly scope: Scope; readonly rules: Rules }
  | { readonly kind: 'add'; readonly scope: Scope; readonly to: keyof Rules; readonly pattern: string };

type PolicyDocument = YamlText<Policy>['document'];

const LISTS = ['allow', 'confirm', 'deny'] as const;
/** What older files call the lists; what is written has the newer names. */
const OLDER: Readonly<Record<keyof Rules, string | null>> = {
  allow: 'auto_allow',
  confirm: 'require_confirm',
  deny: null,
};

const pathOf = (scope: Scope): readonly [string, string] =>
  'role' in scope ? ['roles', scope.role] : ['slots', scope.slotId];

const wordOf = (item: unknown): unknown => (isScalar(item) ? item.value : item);

/** The list as it stands in the file, with its comments; made when there is none. */
function listIn(document: PolicyDocument, path: readonly string[]): YAMLSeq {
  const found = document.getIn(path, true);
  if (isSeq(found)) return found;
  const made = document.createNode([]);
  document.setIn(path, made);
  return made;
}

function addTo(document: PolicyDocument, path: readonly string[], pattern: string): void {
  const list = listIn(document, path);
  if (list.items.some((item) => wordOf(item) === pattern)) return;
  list.add(document.createNode(pattern));
}

/** A scope's list with its key, which has the comments that stand before it. */
function pairIn(document: PolicyDocument, scope: readonly string[], list: string): Pair | undefined {
  const rules = document.getIn(scope);
  return isMap(rules) ? rules.items.find(({ key }) => wordOf(key) === list) : undefined;
}

const keyComment = (pair: Pair | undefined): string | null | undefined =>
  isScalar(pair?.key) ? pair.key.commentBefore : null;

/** What is said of a list stays when it gets its newer name; where there is one of that name, it is said of that one. */
function renameOlder(document: PolicyDocument, scope: readonly string[], older: string, list: string): void {
  const pair = pairIn(document, scope, older);
  if (pair === undefined || !isScalar(pair.key)) return;
  const newer = pairIn(document, scope, list);
  if (newer === undefined) {
    pair.key.value = list;
    return;
  }
  const comments = [keyComment(newer), keyComment(pair), isSeq(pair.value) ? pair.value.comment : null];
  if (isScalar(newer.key))
    newer.key.commentBefore = comments.filter((said) => said != null).join('\n') || null;
  document.deleteIn([...scope, older]);
}

/** Items that stay keep their place and their comments. */
function setList(
  document: PolicyDocument,
  scope: readonly string[],
  name: string,
  patterns: readonly string[],
): void {
  const path = [...scope, name];
  const pair = pairIn(document, scope, name);
  if (patterns.length === 0 && pair === undefined) return;
  const list = listIn(document, path);
  const stays = (item: unknown): boolean => patterns.some((pattern) => pattern === wordOf(item));
  // What is said before the first item is about that one.
  if (list.items.length > 0 && !stays(list.items[0])) list.commentBefore = null;
  list.items = list.items.filter(stays);
  for (const pattern of patterns) addTo(document, path, pattern);
  // An empty list says nothing, but for what its owner has said of it.
  const isSaidOf = list.comment != null || list.commentBefore != null || keyComment(pair) != null;
  if (patterns.length === 0 && !isSaidOf) document.deleteIn(path);
}

/** A key without a value (`roles:`) is a place to write to. */
function open(document: PolicyDocument, path: readonly string[]): void {
  for (let length = 1; length <= path.length; length++) {
    const start = path.slice(0, length);
    if (wordOf(document.getIn(start, true)) == null) document.setIn(start, document.createNode({}));
  }
}

function apply(document: PolicyDocument, edit: PolicyEdit): void {
  const scope = pathOf(edit.scope);
  if (document.contents === null) document.set(scope[0], document.createNode({}));
  open(document, scope);
  if (edit.kind === 'add') return addTo(document, [...scope, edit.to], edit.pattern);
  for (const list of LISTS) {
    const older = OLDER[list];
    if (older !== null) renameOlder(document, scope, older, list);
    setList(document, scope, list, edit.rules[list]);
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  isDeepStrictEqual(new Set(a), new Set(b));

/** The rules as they must read when the change has been made, and nothing else. */
export function policyAfter({ default: general, roles, slots }: Policy, edit: PolicyEdit): Policy {
  const scopes = 'role' in edit.scope ? roles : slots;
  const key = 'role' in edit.scope ? edit.scope.role : edit.scope.slotId;
  const before = (Object.hasOwn(scopes, key) ? scopes[key] : undefined) ?? NO_RULES;
  const after =
    edit.kind === 'set' ? edit.rules : { ...before, [edit.to]: [...before[edit.to], edit.pattern] };
  const changed = { ...scopes, [key]: after };
  return {
    default: general,
    roles: 'role' in edit.scope ? changed : roles,
    slots: 'role' in edit.scope ? slots : changed,
  };
}

function samePolicy(a: Policy, b: Policy): boolean {
  const sameRules = (one: Rules = NO_RULES, other: Rules = NO_RULES): boolean =>
    LISTS.every((list) => same(one[list], other[list]));
  const sameScopes = (one: Policy['roles'], other: Policy['roles']): boolean =>
    [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) =>
      sameRules(one[key], other[key]),
    );
  return sameRules(a.default, b.default) && sameScopes(a.roles, b.roles) && sameScopes(a.slots, b.slots);
}

/**
 * Changes permissions.yaml and keeps its comments. The file is written whole, and only when it can be read back.
 * @throws MissionError `permissions_invalid` when the file is wrong before, or would be after
 */
export function editPolicy(file: string, edit: PolicyEdit): void {
  const source = existsSync(file) ? sourceOf(file, 'permissions_invalid') : '';
  const { document, value } = readPolicyText(file, source);
  const before: unknown = document.toJS();
  apply(document, edit);
  // What says the same already stays as its owner wrote it, blanks and all.
  if (isDeepStrictEqual(document.toJS(), before)) return;
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  // Anchors, keys that are numbers: a file may be written in ways in which a small change takes more with it.
  if (!samePolicy(readPolicyText(file, text).value, policyAfter(value, edit))) {
    throw new MissionError(
      'permissions_invalid',
      `${file} is written in a way that cannot be changed here.`,
      {
        remedy: 'Change it by hand; nothing of it was changed.',
      },
    );
  }
  writeWhole(file, text);
}
