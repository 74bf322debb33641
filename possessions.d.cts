export type Possession = { what: string; pattern: RegExp; inStrings: boolean; only: string[]; why: string };

export const possessions: Possession[];
