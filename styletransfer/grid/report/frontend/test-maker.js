/** A blind listening test of the runs that are chosen: the folder that `styletransfer listen create` takes, in a zip. */

import { testOf } from "./blind-test.js";
import { button, make } from "./elements.js";
import { fetchFile } from "./fetched.js";
import { save } from "./saving.js";
import { zip } from "./zip.js";

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Pairing} Pairing
 * @typedef {import("./report-types.js").Run} Run
 */

const NAME = "blind-test";

export class TestMaker {
  #button = button("Make a blind test of these", () => this.#make());
  #said = make("p", { role: "status" });
  #next = make("div", { hidden: "" });
  /** @type {import("./blind-test.js").Test | null} */
  #test = null;

  /**
   * @param {Grid} grid
   * @param {Pairing[]} pairings
   */
  constructor(grid, pairings) {
    this.grid = grid;
    this.pairings = pairings;
    this.element = make(
      "section",
      { class: "maker" },
      make("h2", {}, "Blind test"),
      this.#button,
      this.#said,
      this.#next,
    );
    this.show(new Set());
  }

  /** @param {Set<Run>} chosen */
  show(chosen) {
    const test = testOf(this.pairings, chosen, this.grid.limits);
    this.#test = typeof test === "string" ? null : test;
    this.#button.disabled = !this.#test;
    this.#said.textContent = typeof test === "string" ? test : sentenceOf(test);
    this.#next.hidden = true;
  }

  async #make() {
    const test = this.#test;
    if (!test) return;
    this.#button.disabled = true;
    this.#said.textContent = "Putting the sounds together …";
    const fault = await saveTest(test).then(() => "", faultOf);
    if (this.#test !== test) return; // others are chosen meanwhile
    this.#button.disabled = false;
    this.#said.textContent = fault || `${NAME}.zip is saved: ${sentenceOf(test)}`;
    this.#next.replaceChildren(...(fault ? [] : commandsFor(test)));
    this.#next.hidden = Boolean(fault);
  }
}

/** @param {import("./blind-test.js").Test} test */
function sentenceOf({ items, ways }) {
  const pairings = items === 1 ? "1 pairing" : `${items} pairings`;
  if (ways.length === 1) return `Listeners rate each result of ${pairings}.`;
  return `Listeners compare ${ways.length} results of each of ${pairings}.`.replace("each of 1 pairing", "1 pairing");
}

/**
 * Why it could not be saved. A zip that would be too large tells it by itself.
 * @param {unknown} error
 */
function faultOf(error) {
  if (error instanceof RangeError) return `${error.message} Choose fewer results.`;
  return "A sound could not be loaded. Look whether the folder of this page is whole, or write it again.";
}

/** @param {import("./blind-test.js").Test} test */
async function saveTest({ files }) {
  /** @type {[string, Uint8Array<ArrayBuffer>][]} */
  const read = [];
  for (const [name, url] of files) read.push([name, new Uint8Array(await (await fetchFile(url)).arrayBuffer())]);
  save(zip(read), `${NAME}.zip`);
}

/**
 * What to type next. A single way can be rated, but not compared.
 * @param {import("./blind-test.js").Test} test
 */
function commandsFor({ ways }) {
  const kind = ways.length === 1 ? " --kind rating" : "";
  const commands = [
    `styletransfer listen create ${NAME}${kind} --data listening`,
    "styletransfer page --data listening",
  ];
  return [
    make("p", {}, `Unpack it as a folder ${NAME}. Then type, where that folder is:`),
    make("pre", { tabindex: 0 }, commands.join("\n")),
    make(
      "p",
      { class: "small" },
      "The first tells the links for listeners and for you; the second opens the page that they lead to.",
    ),
  ];
}
