/** To whom a message is said to be. */
export type Addressee =
  | { readonly kind: 'person' }
  | { readonly kind: 'slot'; readonly slotId: string }
  | { readonly kind: 'role'; readonly role: string; readonly repository: string | null }
  /** `repository` null: everybody around the sender. */
  | { readonly kind: 'all'; readonly repository: string | null }
  /** A slot, or the name of an agent in the repository of the sender. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly repository: string; readonly name: string };

const WORD = '[A-Za-z0-9][A-Za-z0-9._-]*';
const ROLE = new RegExp(`^role:(${WORD})(?:@(${WORD}))?$`);
const ALL = new RegExp(`^all(?:@(${WORD}))?$`);
const SLOT = new RegExp(`^slot:(${WORD})$`);
const MEMBER = new RegExp(`^(${WORD})/(${WORD})$`);
const NAME = new RegExp(`^${WORD}$`);

/** Reads an addressee: `person`, `slot:ID`, `role:ROLE[@REPOSITORY]`, `all@REPOSITORY`, `REPOSITORY/NAME`, an id or a name. Null for anything else. */
export function parseAddressee(words: string): Addressee | null {
  const said = words.trim();
  if (said === 'person') return { kind: 'person' };
  const slot = SLOT.exec(said);
  if (slot?.[1] !== undefined) return { kind: 'slot', slotId: slot[1] };
  const role = ROLE.exec(said);
  if (role?.[1] !== undefined) return { kind: 'role', role: role[1], repository: role[2] ?? null };
  const all = ALL.exec(said);
  if (all !== null) return { kind: 'all', repository: all[1] ?? null };
  const member = MEMBER.exec(said);
  if (member?.[1] !== undefined && member[2] !== undefined)
    return { kind: 'member', repository: member[1], name: member[2] };
  return NAME.test(said) ? { kind: 'name', name: said } : null;
}
