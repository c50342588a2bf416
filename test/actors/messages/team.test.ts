import { describe, expect, test } from 'vitest';
import { type Member, receiversOf, type Team } from '../../../actors/messages/team.ts';
import { Role, SlotId } from '../../../db/ids.ts';

const member = (id: string, role: string): Member => {
  const [repository, name] = id.includes('.') ? id.split(/\.(.*)/s) : [];
  return {
    slotId: SlotId.parse(id),
    role: Role.parse(role),
    repository: repository ?? null,
    name: name ?? null,
    isWorkspace: role === 'workspace',
    isAsleep: role === 'sleeper',
  };
};
const team: Team = {
  members: () => [
    member('chief', 'orchestrator'),
    member('foo.fox', 'worker'),
    member('foo.fox-2', 'worker'),
    member('foo.boss', 'supervisor'),
    member('foobar.fox', 'worker'),
    member('foobar.review-1', 'reviewer'),
    member('foobar.review-12', 'reviewer'),
    member('foo.bear', 'sleeper'),
  ],
  ended: (slotId) => (slotId === 'foo.gone' ? { what: 'It has ended.', remedy: 'Make another.' } : null),
};
const meant = (words: string, sender: string | null): readonly string[] => {
  const found = receiversOf(team, words, sender === null ? null : SlotId.parse(sender));
  return found.kind === 'person' ? ['person'] : found.members.map(({ slotId }) => slotId);
};

describe('who is meant', () => {
  test.each([
    ['fox', 'foo.boss', ['foo.fox']],
    ['fox', 'foobar.review-1', ['foobar.fox']],
    ['foobar/fox', 'foo.boss', ['foobar.fox']],
    ['foo.fox', 'foobar.fox', ['foo.fox']],
    ['slot:foo.fox', null, ['foo.fox']],
    ['review-1', null, ['foobar.review-1']],
    ['role:worker', 'foo.fox', ['foo.fox-2']],
    ['role:worker@foobar', 'foo.fox', ['foobar.fox']],
    ['role:worker', 'chief', ['foo.fox', 'foo.fox-2', 'foobar.fox']],
    ['all@foo', 'foo.boss', ['foo.fox', 'foo.fox-2']],
    ['all', 'foo.boss', ['foo.fox', 'foo.fox-2']],
    [' person ', 'foo.fox', ['person']],
    ['bear', 'foo.fox', ['foo.bear']],
    ['foo/bear', 'chief', ['foo.bear']],
  ])('%j said by %j: %j', (words, sender, receivers) => {
    expect(meant(words, sender)).toEqual(receivers);
  });

  test.each([
    ['fox', 'chief', 'foo/fox, foobar/fox'],
    ['boss', 'foobar.fox', 'Nobody'],
    ['foo.fox', 'foo.fox', 'Nobody'],
    ['review', null, 'Nobody'],
    ['role:reviewer', 'foo.fox', 'Nobody'],
    ['all@fo', null, 'Nobody'],
    ['', null, 'Nobody'],
    ['person extra', null, 'Nobody'],
    ['role:sleeper', 'foo.fox', 'Nobody'],
    ['slot:foo.gone', null, 'It has ended.'],
    ['foo/gone', 'chief', 'It has ended.'],
    ['gone', 'foo.fox', 'It has ended.'],
    ['gone', 'foobar.fox', 'Nobody'],
  ])('%j said by %j is nobody, or not one', (words, sender, why) => {
    expect(() => meant(words, sender)).toThrow(why);
  });
});
