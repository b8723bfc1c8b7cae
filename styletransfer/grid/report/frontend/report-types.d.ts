import type { Sound } from "./types.js";

/** What is read in a cell, and what it is sorted by, if that is a number. */
export type Cell = [text: string, value: number | null];

export interface Column {
  label: string;
  /** of a figure of the report card what it is there; else "" */
  about: string;
  numeric: boolean;
  /** whether it tells what came of a run, and not what went into it */
  figure: boolean;
  /** at first */
  shown: boolean;
}

/** A run that is done. Of a recording there is the place in the grid's list. */
export interface Run extends Sound {
  id: string;
  /** in the grid's folder */
  file: string;
  content: number;
  styles: number[];
  /** how it was made, as far as the runs differ in it */
  way: string;
  /** one for each column */
  cells: Cell[];
  notes: string[];
  /** a line for each figure: of the result, the content, and both together */
  card: string[][];
  /** those that not all runs have alike, by name */
  settings: Record<string, string>;
  /** addresses */
  pictures: Record<string, string>;
}

/** What Python tells: see told.py. */
export interface Grid {
  title: string;
  version: string;
  asked: number;
  done: number;
  columns: Column[];
  card: { columns: string[]; groups: [group: string, questions: string[]][] };
  /** of all settings, by name */
  labels: Record<string, string>;
  /** what all runs have alike, by name */
  common: Record<string, string>;
  /** of a listening test */
  limits: { items: number; ways: number };
  recordings: Sound[];
  runs: Run[];
  failed: { name: string; sentence: string }[];
  unusable: { path: string; sentence: string }[];
}

/** A content, the styles that it was played in, and all that was made of them. */
export interface Pairing {
  /** of its own, for addresses in the page */
  key: string;
  title: string;
  content: Sound;
  styles: Sound[];
  runs: Run[];
}
