/**
 * Who is who, in the store. Contacts are a function of three things that are kept: the cards as they were read last, the
 * owner's addresses, and what the user decided. `planPeople` computes it, `Settlement` makes the store so, moving what an
 * address said along with it; a merge is kept on record with what both contacts were, and can be undone.
 */
export { bookName, dropBook, type KnownBook, knownBooks, recordBook, renameSource } from './books.ts';
export { renormaliseCards, type Transact, writeCardSlices, writeCards } from './cards.ts';
export { unsettled } from './check.ts';
export {
  findContact,
  mergeContacts,
  type PreparedDecision,
  prepareMerge,
  prepareUndo,
  settleNow,
  undoMerge,
} from './decide.ts';
export { isKnownAddress, knownParty, loadParty, meContact } from './party.ts';
export { cardsOfBook, writePicture } from './pictures.ts';
export { addOwnAddresses, planPeople, planSlices } from './plan.ts';
export { type ContactChanges, noContactChanges, Settlement } from './settle.ts';
export { PeopleState } from './state.ts';
export { peopleVersion } from './version.ts';
