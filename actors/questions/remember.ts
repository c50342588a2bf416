import { MissionError } from '../../services/errors/mission-error.ts';
import { createJudge, NO_RULE } from '../../services/permissions/decide.ts';
import { describedCall } from '../../services/permissions/described-call.ts';
import { policyAfter } from '../../services/permissions/edit-policy.ts';
import { exactRule } from '../../services/permissions/exact-rule.ts';
import type { PermissionStore } from '../../services/permissions/permission-store.ts';
import type { MissionCore } from '../core.ts';
import type { RuleScope } from '../mission/permission-operations.ts';
import type { QuestionView } from '../mission/views.ts';
import { FROM_HOOK } from './open-question.ts';

/** For whom an answer is remembered. */
export type RememberFor = 'slot' | 'role';

/** A rule that is added once the question has been answered. */
export interface RuleToKeep {
  readonly rule: string;
  readonly scope: RuleScope;
}

type Asked = Pick<QuestionView, 'kind' | 'tool' | 'argument' | 'rule' | 'personOnly' | 'evidence'>;

/**
 * The rule that allows what is asked from now on, and nothing else. Undefined where none can be written: what a dialog
 * shows may be cut, a rule that asks or a protection is not undone by one that allows.
 */
function rememberableRule({ kind, tool, argument, rule, personOnly, evidence }: Asked): string | undefined {
  if (kind !== 'permission' || personOnly || rule !== NO_RULE || !evidence.includes(FROM_HOOK))
    return undefined;
  if (tool === undefined || argument === undefined) return undefined;
  return exactRule(tool, argument) ?? undefined;
}

/** What is asked, with the rule that `remember` would add. */
export function withRule({ wouldRemember: _, ...question }: QuestionView): QuestionView {
  const rule = rememberableRule(question);
  return rule === undefined ? question : { ...question, wouldRemember: rule };
}

function notRememberable(message: string): MissionError {
  return new MissionError('not_rememberable', message, {
    remedy:
      'Answer it without `remember`, and write the rule you want with mission_permission_add_auto_allow.',
  });
}

/** Finds the rule of an answer that is to hold from now on. */
export function createRemembering(
  core: Pick<MissionCore, 'runtime'>,
  rules: Pick<PermissionStore, 'current'>,
) {
  /** A rule that would change nothing promises what it does not keep. */
  function checkSuffices({ slotId, tool = '', argument }: QuestionView, { rule, scope }: RuleToKeep): void {
    const { configuration, cwd } = core.runtime(slotId);
    const policy = rules.current();
    const judge = createJudge({
      ...policy,
      ...policyAfter(policy, { kind: 'add', scope, to: 'allow', pattern: rule }),
    });
    const call = { ...describedCall(`${tool}(${argument})`), role: configuration.role, slotId, cwd };
    const after = judge(call);
    if (after.decision !== 'allow')
      throw notRememberable(`With ${rule} it would still be asked about (${after.rule}).`);
  }

  /** @throws MissionError `not_rememberable` */
  return function ruleToKeep(question: QuestionView, by: RememberFor): RuleToKeep {
    const rule = rememberableRule(question);
    if (rule === undefined)
      throw notRememberable(`This cannot be remembered as one rule (${question.rule ?? question.kind}).`);
    const { slotId } = question;
    const scope = by === 'slot' ? { slotId } : { role: core.runtime(slotId).configuration.role };
    const kept = { rule, scope };
    checkSuffices(question, kept);
    return kept;
  };
}
