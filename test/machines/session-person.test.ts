import { describe, expect, it } from 'vitest';
import { startSession } from './session-bench.ts';

describe('the prompt box and the person', () => {
  it.each([
    ['absent', 'absent'],
    ['empty', 'empty'],
    ['ghost', 'ghost'],
    ['menu', 'menu'],
    ['draft', 'personDraft'],
  ] as const)('%s stands as %s', (kind, expected) => {
    const session = startSession();
    session.shows('idle', { composer: { kind, text: '' } });
    expect(session.view().composer).toBe(expected);
  });

  it('a draft is ours only while we deliver', () => {
    const session = startSession();
    session.send({ type: 'delivery.began' });
    session.shows('idle', { composer: { kind: 'draft', text: 'ours' } });
    expect(session.view().composer).toBe('ourDraft');
    session.send({ type: 'delivery.ended' });
    session.shows('idle', { composer: { kind: 'draft', text: 'theirs' } });
    expect(session.view().composer).toBe('personDraft');
  });

  it('a person who types has the keyboard until ten quiet seconds', () => {
    const session = startSession();
    session.send({ type: 'attachment.changed', viewers: 1, controllers: 1 });
    expect(session.view().attachment).toBe('watched');
    session.send({ type: 'person.typed' });
    session.passes(9_000);
    session.send({ type: 'person.typed' });
    session.send({ type: 'attachment.changed', viewers: 2, controllers: 1 });
    session.passes(9_000);
    expect(session.view().attachment).toBe('takenOver');
    session.passes(1_000);
    expect(session.view().attachment).toBe('watched');
    session.send({ type: 'attachment.changed', viewers: 0, controllers: 0 });
    expect(session.view().attachment).toBe('none');
  });
});
