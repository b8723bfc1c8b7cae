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

/** What a player plays. */
export interface Source {
  name: string;
  role: Role;
  url: string;
  /** null for silence */
  lufs: number | null;
}

/** Its colour; "hidden" while it is blind. */
export type Role = "content" | "style" | "result" | "hidden";

/** First sample, and the one after the last. */
export type Span = [number, number];

declare global {
  interface Navigator {
    /** Safari's, so far. */
    audioSession?: { type: string };
  }
  interface DocumentEventMap {
    "st-playing": CustomEvent<unknown>;
  }
  interface HTMLElementEventMap {
    "st-source": CustomEvent<number>;
  }
}
