export type Door = { file: string; imports: string[]; why: string };

export type Room = {
  name: string;
  file?: string;
  imports: string[];
  types: string[];
  packages: string[];
  builtins: string[];
  doors?: Door[];
  why: string;
};

export const rooms: Room[];
export type Page = { folder: string; types: string[]; packages: string[]; why: string };

export const page: Page;
export const outside: string[];
export const testPackages: string[];
