import type { SkillChange } from '../../db/schema/skills.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { withholdSecrets } from '../../services/infra/withhold-secrets.ts';
import { holdsSecret } from '../../services/knowledge/secret-words.ts';
import type { SkillLedger, SkillVersionRow } from '../../services/ledger/skill-ledger.ts';
import { newSkill, withFragment, withSection } from '../../services/skills/edit-skill.ts';
import { digestOf } from '../../services/skills/read-skill.ts';
import type { SkillLibrary } from '../../services/skills/skill-library.ts';
import { differenceOf } from '../../services/skills/text-difference.ts';
import {
  NEW_TOPIC,
  type SkillBytes,
  skillBytesOf,
  wordsOf,
  writeSkill,
} from '../../services/skills/write-skill.ts';
import { findSkill, newPlace, placeOf, type SkillPlace, type WhichSkill } from './find-skill.ts';
import type { SkillEditView, SkillVersionView } from './skill-views.ts';

/** What Claude Code runs when it reads a skill. */
const IS_RUN = /!`|^[ \t>]*(?:`{3,}|~{3,})!/m;

interface EditRequest extends WhichSkill {
  readonly content: string;
  /** Of what it is now, as the caller has seen it. */
  readonly checksum?: string | undefined;
  /** Makes a skill that is not there. */
  readonly description?: string | undefined;
  readonly dryRun: boolean;
}

export interface SectionRequest extends EditRequest {
  readonly heading: string;
  readonly order?: number | undefined;
}

export interface RollbackRequest extends WhichSkill {
  readonly versionId: number;
  readonly checksum?: string | undefined;
  readonly dryRun: boolean;
}

export interface Editor {
  readonly by: string;
  /** A program may not write what runs in everybody's sessions. */
  readonly isPerson: boolean;
}

export interface SkillEdits {
  /** @throws MissionError `skill_unknown`, `skill_changed`, `skill_refused`, `secret_refused`, `input_invalid` */
  upsert(request: SectionRequest, editor: Editor): SkillEditView;
  /** @throws as `upsert` */
  record(request: EditRequest, editor: Editor): SkillEditView;
  /** What a file was before it was changed here. */
  versions(which: WhichSkill): readonly SkillVersionView[];
  /** @throws as `upsert` */
  rollback(request: RollbackRequest, editor: Editor): SkillEditView;
}

function checkWords(words: readonly string[], { isPerson }: Editor): void {
  for (const text of words) {
    if (holdsSecret(text))
      throw new MissionError('secret_refused', 'The content holds what looks like a secret.', {
        remedy: 'Say where it is kept (a variable, a file, a vault) instead of what it is.',
      });
    if (!isPerson && IS_RUN.test(text))
      throw new MissionError(
        'skill_refused',
        'Only a person writes what Claude Code runs as it reads a skill.',
        {
          remedy: 'Leave out !`…`, or let the person edit the file.',
        },
      );
  }
}

function checkSeen(file: string, { digest }: SkillBytes, checksum: string | undefined): void {
  if (checksum === undefined || checksum === digest) return;
  throw new MissionError('skill_changed', `${file} is not what the checksum says; nothing was written.`, {
    remedy: 'Look at it anew (mission_skill_render).',
  });
}

/** Changes files of skills: only what was asked for, and never without keeping what was there. */
export function createSkillEdits({
  library,
  ledger,
  now,
}: {
  readonly library: SkillLibrary;
  readonly ledger: SkillLedger;
  readonly now: () => number;
}): SkillEdits {
  /** Where it is, or was when it was taken away here. */
  function known(which: WhichSkill): SkillPlace {
    try {
      return placeOf(library, findSkill(library.read().skills, which));
    } catch (error) {
      if (!(error instanceof MissionError) || !NEW_TOPIC.test(which.topic)) throw error;
      const gone = newPlace(library, which);
      if (ledger.of(gone.file).length === 0) throw error;
      return gone;
    }
  }

  /** @throws MissionError */
  function meant(request: EditRequest): SkillPlace {
    const { skills } = library.read();
    try {
      return placeOf(library, findSkill(skills, request));
    } catch (error) {
      if (request.description === undefined || !(error instanceof MissionError)) throw error;
      const isThere = skills.some(
        ({ topic, source }) => topic === request.topic && source === request.source,
      );
      if (isThere) throw error;
    }
    if (!NEW_TOPIC.test(request.topic))
      throw new MissionError(
        'skill_refused',
        `${JSON.stringify(request.topic.slice(0, 100))} is no name of a skill.`,
        {
          remedy: 'Small letters, digits and hyphens: deploy-shop.',
        },
      );
    return newPlace(library, request);
  }

  function put(
    place: SkillPlace,
    before: SkillBytes,
    bytes: Buffer | null,
    { kind, by, dryRun }: { readonly kind: SkillChange; readonly by: string; readonly dryRun: boolean },
  ): SkillEditView {
    const afterHash = bytes === null ? null : digestOf(bytes);
    const { topic, source, folder, file } = place;
    const text = (content: Buffer | null): string => content?.toString('utf8') ?? '';
    const isSame = afterHash === before.digest;
    const became = before.digest === null ? 'created' : bytes === null ? 'removed' : 'updated';
    const view: SkillEditView = {
      topic,
      source,
      path: file,
      action: isSame ? 'unchanged' : became,
      dryRun,
      ...(afterHash === null ? {} : { checksum: afterHash }),
      diff: withholdSecrets(differenceOf(text(before.bytes), text(bytes))),
    };
    if (isSame || dryRun) return view;
    // Before the file: what was there can be had back whenever the daemon ends.
    const versionId = ledger.add({ path: file, at: now(), by, kind, before: before.bytes, afterHash });
    try {
      writeSkill(folder, file, before, bytes);
    } catch (error) {
      ledger.drop(versionId);
      throw error;
    }
    return { ...view, versionId };
  }

  function edit(
    request: EditRequest,
    kind: 'upsert' | 'record',
    editor: Editor,
    change: (text: string) => string,
  ): SkillEditView {
    const place = meant(request);
    const before = skillBytesOf(place.folder.folder, place.file);
    checkSeen(place.file, before, request.checksum);
    const text =
      before.bytes === null
        ? newSkill(place.topic, request.description ?? place.topic)
        : wordsOf(place.file, before.bytes);
    return put(place, before, Buffer.from(change(text)), { kind, by: editor.by, dryRun: request.dryRun });
  }

  const versionOf = (place: SkillPlace, versionId: number): SkillVersionRow => {
    const found = ledger.of(place.file).find(({ id }) => id === versionId);
    if (found !== undefined) return found;
    throw new MissionError('input_invalid', `${place.topic} has no version ${versionId}.`, {
      remedy: 'Call mission_skill_rollback without version_id: it lists them.',
    });
  };

  return {
    upsert(request, editor) {
      checkWords([request.content, request.heading, request.description ?? ''], editor);
      return edit(request, 'upsert', editor, (text) => withSection(text, request));
    },
    record(request, editor) {
      checkWords([request.content, request.description ?? ''], editor);
      return edit(request, 'record', editor, (text) => withFragment(text, request.content));
    },
    versions: (which) =>
      ledger.of(known(which).file).map(({ id, at, by, kind, before }) => ({
        versionId: id,
        at,
        by,
        before: kind,
        bytes: before?.length ?? null,
      })),
    rollback(request, editor) {
      const place = known(request);
      const version = versionOf(place, request.versionId);
      const before = skillBytesOf(place.folder.folder, place.file);
      checkSeen(place.file, before, request.checksum);
      const [last] = ledger.of(place.file);
      if (request.checksum === undefined && last?.afterHash !== before.digest)
        throw new MissionError(
          'skill_changed',
          `Somebody else has changed ${place.file} since missiond wrote it; that would be lost.`,
          {
            remedy: 'Look at it (mission_skill_render) and say its `checksum`, if it shall go all the same.',
          },
        );
      return put(place, before, version.before, {
        kind: 'rollback',
        by: editor.by,
        dryRun: request.dryRun,
      });
    },
  };
}
