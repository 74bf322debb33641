import type { Card } from '../sources/address-book/index.ts';
import { type Address, normaliseInRegions } from './addresses.ts';
import type { Region } from './region.ts';

/** A card with the key under which it is known for ever, and its addresses as they are compared. */
export type KeyedCard = Card & {
  /** "source|uid". */
  key: string;
  /** Normalised, unique, phones first, in the card's order. */
  identifiers: Address[];
};

/** Kinds of addresses that tell who somebody is. Short codes and senders are shared by strangers. */
export const LINKING_KINDS: ReadonlySet<Address['kind']> = new Set(['phone', 'email']);

/** `regions`: by whose rules numbers without a country are read, the owner's own first. */
export function keyCard(card: Card, regions: readonly Region[]): KeyedCard {
  const identifiers = new Map<string, Address>();
  for (const { value } of [...card.phones, ...card.emails]) {
    const address = normaliseInRegions(value, regions);
    if (address.value !== '' && !identifiers.has(address.value)) identifiers.set(address.value, address);
  }
  return { ...card, key: `${card.source}|${card.uid}`, identifiers: [...identifiers.values()] };
}
