import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { isScalar, isSeq, type YAMLSeq } from 'yaml';
import { writeWhole } from '../config/write-whole.ts';
import { sourceOf, type YamlText } from '../config/yaml-file.ts';
import { type Policy, type Rules, readPolicyText } from './policy.ts';

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

/** Items that stay keep their place and their comments. */
function setList(document: PolicyDocument, path: readonly string[], patterns: readonly string[]): void {
  if (patterns.length === 0) return void document.deleteIn(path);
  const list = listIn(document, path);
  list.items = list.items.filter((item) => patterns.some((pattern) => pattern === wordOf(item)));
  for (const pattern of patterns) addTo(document, path, pattern);
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
    if (older !== null) document.deleteIn([...scope, older]);
    setList(document, [...scope, list], edit.rules[list]);
  }
}

/**
 * Changes permissions.yaml and keeps its comments. The file is written whole, and only when it can be read back.
 * @throws MissionError `permissions_invalid` when the file is wrong before, or would be after
 */
export function editPolicy(file: string, edit: PolicyEdit): void {
  const source = existsSync(file) ? sourceOf(file, 'permissions_invalid') : '';
  const { document } = readPolicyText(file, source);
  const before: unknown = document.toJS();
  apply(document, edit);
  // What says the same already stays as its owner wrote it, blanks and all.
  if (isDeepStrictEqual(document.toJS(), before)) return;
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  readPolicyText(file, text);
  writeWhole(file, text);
}
