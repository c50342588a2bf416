import { type Role, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { parseAddressee } from '../../services/messages/addressee.ts';
import { isWorkspace } from '../agents/is-workspace.ts';
import type { MissionCore } from '../core.ts';
import { type EndedAgent, endedAgent } from './ended-agent.ts';

/** Somebody who can be written to. */
export interface Member {
  readonly slotId: SlotId;
  readonly role: Role;
  /** Whose team it is in; null for a slot of slots.yaml. */
  readonly repository: string | null;
  /** Its name in that repository. */
  readonly name: string | null;
  /** A person sits there: nothing is typed by itself. */
  readonly isWorkspace: boolean;
  /** Put to sleep: it has what is written to it by name when it is woken. Who writes to all means those who are awake. */
  readonly isAsleep: boolean;
}

/** Who is there. */
export interface Team {
  members(): readonly Member[];
  /** Why nothing reaches a member whose work has ended; null for everybody else. */
  ended(slotId: SlotId): EndedAgent | null;
}

/** To whom a message goes: the person, or members, each of whom gets one of their own. */
export type Receivers =
  | { readonly kind: 'person' }
  | { readonly kind: 'members'; readonly members: readonly Member[]; readonly isNamed: boolean };

const MOST_NAMED = 20;

/** Agents of repositories, those that sleep too, and the slots of slots.yaml, which belong to none. */
export const everybody = (core: Pick<MissionCore, 'runtimes' | 'agents'>): Team => ({
  members() {
    const running = [...core.runtimes.values()].map(({ configuration: { id, role } }): Member => {
      const agent = core.agents.get(id);
      return {
        slotId: id,
        role,
        repository: agent?.repository ?? null,
        name: agent?.name ?? null,
        isWorkspace: isWorkspace(core, id),
        isAsleep: agent?.status === 'hibernated',
      };
    });
    const sleeping = core.agents
      .inStatus('hibernated')
      .filter(({ slotId }) => !core.runtimes.has(slotId))
      .map(
        ({ slotId, role, repository, name, kind }): Member => ({
          slotId,
          role,
          repository,
          name,
          isWorkspace: kind === 'workspace',
          isAsleep: true,
        }),
      );
    return [...running, ...sleeping];
  },
  ended: (slotId) => endedAgent(core, slotId),
});

const shownAs = ({ slotId, role, isAsleep }: Member): string =>
  `${slotId} (${role}${isAsleep ? ', asleep' : ''})`;

function refuse(words: string, members: readonly Member[]): MissionError {
  const named = members.slice(0, MOST_NAMED).map(shownAs).join(', ');
  const more = members.length > MOST_NAMED ? `, and ${members.length - MOST_NAMED} more` : '';
  return new MissionError('receiver_unknown', `Nobody can be written to as "${words}".`, {
    remedy: `There are: person${named === '' ? '' : `, ${named}`}${more}. Roles are written to as role:NAME[@REPOSITORY], everybody as all@REPOSITORY.`,
  });
}

/**
 * Who is meant by an addressee, as things are now. The sender never gets its own.
 * @param sender the slot that writes; null for a person, a program or missiond
 * @throws MissionError `receiver_unknown`, which says who is there
 */
export function receiversOf(team: Team, words: string, sender: SlotId | null): Receivers {
  const addressee = parseAddressee(words);
  const members = team.members();
  const self = members.find(({ slotId }) => slotId === sender);
  const others = members.filter(({ slotId }) => slotId !== sender);
  const around =
    (repository: string | null) =>
    (member: Member): boolean => {
      if (repository !== null) return member.repository === repository;
      // Who belongs to no repository writes to all of them.
      return self?.repository == null || member.repository === self.repository;
    };
  const meant = (found: readonly Member[], isNamed: boolean): Receivers => {
    const reached = isNamed ? found : found.filter(({ isAsleep }) => !isAsleep);
    if (reached.length === 0) throw refuse(words, others);
    return { kind: 'members', members: reached, isNamed };
  };
  /** One that is named alone; whoever has ended is told apart from one that never was. */
  const named = (found: readonly Member[], ...slotIds: readonly string[]): Receivers => {
    for (const words of [...found.map((one) => one.slotId), ...slotIds]) {
      const slotId = SlotId.safeParse(words).data;
      const ended = slotId === undefined || slotId === sender ? null : team.ended(slotId);
      if (ended !== null) throw new MissionError('receiver_unknown', ended.what, { remedy: ended.remedy });
    }
    return meant(found, true);
  };
  switch (addressee?.kind) {
    case undefined:
      throw refuse(words, others);
    case 'person':
      return { kind: 'person' };
    case 'all':
      return meant(others.filter(around(addressee.repository)), false);
    case 'role':
      return meant(
        others.filter((member) => member.role === addressee.role && around(addressee.repository)(member)),
        false,
      );
    case 'slot':
      return named(
        others.filter(({ slotId }) => slotId === addressee.slotId),
        addressee.slotId,
      );
    case 'member':
      return named(
        others.filter(
          ({ repository, name }) => repository === addressee.repository && name === addressee.name,
        ),
        `${addressee.repository}.${addressee.name}`,
      );
    case 'name': {
      const ofThatId = others.filter(({ slotId }) => slotId === addressee.name);
      if (ofThatId.length > 0) return named(ofThatId);
      const ofThatName = others.filter((member) => member.name === addressee.name && around(null)(member));
      if (ofThatName.length > 1)
        throw new MissionError(
          'receiver_unknown',
          `"${words}" is the name of several: ${ofThatName.map(({ repository, name }) => `${repository}/${name}`).join(', ')}.`,
          { remedy: 'Write REPOSITORY/NAME.' },
        );
      const inItsTeam = self?.repository == null ? [] : [`${self.repository}.${addressee.name}`];
      return named(ofThatName, ...(ofThatName.length === 0 ? [addressee.name, ...inItsTeam] : []));
    }
  }
}
