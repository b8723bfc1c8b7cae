/** All pairings at a glance: a row for each content, a column for each style or mix of styles. */

import { make } from "./elements.js";
import { scroller } from "./scroller.js";

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Pairing} Pairing
 */

const NUMBER = "Number of results";

export class Matrix {
  /** @type {Map<Pairing, HTMLAnchorElement>} */
  #cells = new Map();
  #shown = make("select", { id: "matrix-figure" });

  /**
   * @param {Grid} grid
   * @param {Pairing[]} pairings
   */
  constructor(grid, pairings) {
    this.grid = grid;
    this.element = make("section", {}, make("h2", {}, "Contents and styles"));
    const figures = grid.columns
      .map(({ label, figure, shown }, place) => ({ label, place, isOffered: figure && shown }))
      .filter(({ isOffered }) => isOffered);
    this.#shown.append(make("option", { value: -1 }, NUMBER));
    this.#shown.append(...figures.map(({ label, place }) => make("option", { value: place }, label)));
    this.#shown.addEventListener("change", () => this.#fill());
    const label = make("label", { class: "field", for: "matrix-figure" }, "In the cells", this.#shown);
    this.element.append(label, scroller("Contents and styles", this.#table(pairings)));
    this.#fill();
  }

  /** @param {Pairing[]} pairings */
  #table(pairings) {
    const stylesOf = (/** @type {Pairing} */ { runs: [{ styles }] }) => styles.join("-");
    const nameOf = (/** @type {Pairing} */ { styles }) => styles.map(({ name }) => name).join(" + ");
    const styles = new Map(pairings.map((pairing) => [stylesOf(pairing), nameOf(pairing)]));
    const contents = new Map(pairings.map(({ runs: [{ content }], content: { name } }) => [content, name]));
    const head = make("tr", {}, make("td"), ...[...styles.values()].map((name) => make("th", { scope: "col" }, name)));
    const rows = [...contents].map(([content, name]) => {
      const row = make("tr", {}, make("th", { scope: "row" }, name));
      for (const key of styles.keys()) {
        const pairing = pairings.find((each) => each.runs[0].content === content && stylesOf(each) === key);
        row.append(make("td", {}, ...(pairing ? [this.#cell(pairing)] : [])));
      }
      return row;
    });
    return make("table", { class: "matrix" }, make("thead", {}, head), make("tbody", {}, ...rows));
  }

  /** @param {Pairing} pairing */
  #cell(pairing) {
    const cell = make("a", { href: `#pairing-${pairing.key}` });
    this.#cells.set(pairing, cell);
    return cell;
  }

  #fill() {
    const place = Number(this.#shown.value);
    for (const [pairing, cell] of this.#cells) {
      const text = place < 0 ? String(pairing.runs.length) : this.#range(pairing, place);
      cell.textContent = text;
      const what = place < 0 ? `results: ${text}` : `${this.grid.columns[place].label} ${text}`;
      cell.setAttribute("aria-label", `${pairing.title}, ${what}`);
    }
  }

  /**
   * The least and the greatest value.
   * @param {Pairing} pairing
   * @param {number} place
   */
  #range({ runs }, place) {
    const known = runs.map(({ cells }) => cells[place]).filter(([, value]) => value !== null);
    const inOrder = known.toSorted(([, a], [, b]) => Number(a) - Number(b)).map(([text]) => text);
    if (!inOrder.length) return "n/a";
    const [first, last] = [inOrder[0], inOrder[inOrder.length - 1]];
    return first === last ? first : `${first} to ${last}`;
  }

  /**
   * Shows which pairing is open.
   * @param {Pairing} open
   */
  mark(open) {
    for (const [pairing, cell] of this.#cells) {
      if (pairing === open) cell.setAttribute("aria-current", "true");
      else cell.removeAttribute("aria-current");
    }
  }
}
