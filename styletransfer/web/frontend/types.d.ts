/** What Gradio gives to the script of a component, in version 6.31. */
export interface Component {
  element: HTMLElement;
  /** Sends an event to Python. */
  trigger(event: string, data?: object): void;
  /** Calls back whenever Python has changed a property, after the element shows it. */
  watch(property: string, changed: () => void): void;
  /** Those that `trigger` may send. */
  events: string[];
}

/** More of it, for those that hold a value or take files. */
export interface Uploading {
  props: { value: unknown };
  /** Brings a file to the server. */
  upload(file: File): Promise<{ path: string; url: string }>;
}

/** A recording in a file. */
export interface Sound {
  name: string;
  url: string;
  /** null for silence */
  lufs: number | null;
}

/** What a player plays: a recording, or in `sounds` several that follow one another. */
export interface Source extends Sound {
  role: Role;
  /** what is said of it beside its name */
  about?: string;
  sounds?: Sound[];
  /** of the slider between them, first */
  place?: number;
  /** Whether it is of another transfer than the lanes before it. */
  isEarlier?: boolean;
}

export interface Lane {
  name: string;
  about: string;
  role: Role;
  sounds: Sound[];
  place: number;
  isEarlier: boolean;
  /** of its sounds, among those of all lanes */
  first: number;
}

/** A recording that a result was made from, as it was used, and as long. */
export interface Clip extends Sound {
  digest: string;
}

/** A result, as Python tells of it and as the browser keeps it. */
export interface Entry extends Sound {
  /** which nobody can guess */
  key: string;
  /** that the results of one press of Five strengths have in common; "" of a single one */
  series: string;
  strength: number;
  content: Clip;
  styles: Clip[];
  /** both played together */
  mix: Clip;
  settings: Record<string, unknown>;
  preset: string;
  /** of the report card: names and values */
  figures: [string, string][];
  file_name: string;
}

/** Its colour; "hidden" while it is blind. */
export type Role = "content" | "style" | "result" | "mix" | "hidden";

/** How a result is mixed with the original. */
export interface Blend {
  /** of the result, 0 to 1 */
  share: number;
  /** whether it is downloaded so */
  kept: boolean;
}

/** First sample, and the one after the last. */
export type Span = [number, number];

declare global {
  interface Navigator {
    /** Safari's, so far. */
    audioSession?: { type: string };
  }
  interface DocumentEventMap {
    "st-chosen": CustomEvent<Entry[]>;
    "st-leave": Event;
    "st-playing": CustomEvent<unknown>;
    "st-run": CustomEvent<boolean>;
    "st-several": CustomEvent<boolean>;
    "st-source": CustomEvent<number>;
    "st-transport": Event;
    "st-visit": Event;
  }
  interface HTMLElementEventMap {
    "st-source": CustomEvent<number>;
    "st-blend": CustomEvent<Blend>;
  }
}
