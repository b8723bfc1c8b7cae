/** A trial, as the server tells of it. */
export interface Trial {
  slots: string[];
  /** the reference that is heard under its name, "" for none */
  beside: "content" | "style" | "";
  kind: "abx" | "preference" | "closer" | "rating" | "several";
  question: { text: string; low: string; high: string };
  /** whether a switch goes back to the beginning */
  restarts: boolean;
}

/** What the server answers to `begin`. */
export interface Begun {
  session: string;
  answered: number[];
  trials: Trial[];
}

/** What the server answers to `finish`: of ABX how often X was found. */
export interface Score {
  right?: number;
  of?: number;
  p?: number;
}

/** What this browser remembers of a test. */
export interface State {
  output?: string;
  code?: string;
  practised?: boolean;
  comment?: string;
  done?: Score;
}

/** How a post ended: answered, refused with a sentence, or not at all. */
export interface Reply {
  data?: any;
  refused?: string;
  status?: number;
  /** whether somebody else than our server refused it, such as a proxy */
  foreign?: boolean;
}

/** What is to be sent. */
export interface Entry {
  name: string;
  path: "answer" | "finish";
  body: Record<string, unknown> & { session: string; trial?: number };
}

/** Who hears of what becomes of entries. */
export interface Told {
  saved(entry: Entry, data: any): void;
  refused(entry: Entry, sentence: string, status?: number): void;
  away(is: boolean): void;
}

/** What an answer is made with. */
export interface Form {
  element: HTMLElement;
  /** null while something is missing */
  value(): object | null;
  /** what is missing, in words */
  missing(): string;
  /** Takes a digit from the keyboard; whether it is one of its own. */
  press?(digit: number): boolean;
}

/** How long each sound was heard and so on: what is sent beside the answer. */
export interface Listened {
  heard: Record<string, number>;
  switches: number;
  seconds: number;
}
