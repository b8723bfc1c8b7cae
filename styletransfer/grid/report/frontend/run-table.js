/** The table of all runs, sorted and narrowed down as one likes. */

import { download } from "./download.js";
import { button, make } from "./elements.js";
import { choicesOf, matches, sorted } from "./rows.js";
import { scroller } from "./scroller.js";

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Pairing} Pairing
 * @typedef {import("./report-types.js").Run} Run
 */

export class RunTable {
  /** @type {Set<Run>} */
  #chosen = new Set();
  /** @type {Map<Run, { row: HTMLTableRowElement, box: HTMLInputElement }>} */
  #rows = new Map();
  /** @type {Map<number, string>} */
  #wanted = new Map();
  #search = make("input", { type: "search", id: "search" });
  #all = make("input", { type: "checkbox", "aria-label": "Choose all that are shown" });
  #count = make("p", { class: "small", role: "status" });
  #body = make("tbody");
  /** @type {HTMLTableCellElement[]} */
  #heads = [];
  /** @type {{ place: number, descending: boolean } | null} */
  #order = null;
  /** @type {Run[]} */
  #shown = [];

  /**
   * @param {Grid} grid
   * @param {(chosen: Set<Run>) => void} told of the runs that are chosen
   */
  constructor(grid, told) {
    this.grid = grid;
    this.told = told;
    this.#heads = grid.columns.map((_, place) => this.#head(place));
    const hasNotes = grid.runs.some(({ notes }) => notes.length);
    for (const run of grid.runs) this.#rows.set(run, this.#row(run, hasNotes));
    const first = make("th", { scope: "col" }, make("label", { class: "box" }, this.#all));
    const notes = hasNotes ? [make("th", { scope: "col" }, "Notes")] : [];
    const head = make("tr", {}, first, make("th", { scope: "col" }, "Sound"), ...this.#heads, ...notes);
    const table = make("table", { class: "all" }, make("thead", {}, head), this.#body);
    const scrolled = scroller("All results", table);
    scrolled.classList.add("high");
    this.element = make("section", {}, make("h2", {}, "All results"), this.#filters(), this.#columns());
    this.element.append(this.#count, scrolled);
    this.#search.addEventListener("input", () => this.#draw());
    this.#all.addEventListener("change", () => this.#chooseAll());
    grid.columns.forEach(({ shown }, place) => this.#showColumn(place, shown));
    this.#draw();
  }

  /** @param {number} place */
  #head(place) {
    const { label, about, numeric } = this.grid.columns[place];
    const sort = make("button", { type: "button", title: about || label }, label);
    sort.addEventListener("click", () => {
      // Of figures one looks for the greatest first.
      const descending = this.#order?.place === place ? !this.#order.descending : numeric;
      this.#order = { place, descending };
      this.#draw();
    });
    return make("th", { scope: "col", class: numeric ? "number" : "" }, sort);
  }

  /**
   * @param {Run} run
   * @param {boolean} hasNotes
   */
  #row(run, hasNotes) {
    const { columns, recordings } = this.grid;
    const title = [recordings[run.content].name, ...run.styles.map((place) => recordings[place].name), run.way].join(
      ", ",
    );
    const box = make("input", { type: "checkbox", "aria-label": `Choose ${title}` });
    box.addEventListener("change", () => this.#choose([run], box.checked));
    const listen = make("a", { href: `#run-${run.id}`, "aria-label": `Listen to ${title}` }, "Listen");
    const sound = make("td", {}, make("div", { class: "sound" }, listen));
    if (run.url) {
      const save = button("Save", () => download(run));
      save.setAttribute("aria-label", `Save ${title} as FLAC`);
      sound.firstElementChild?.append(save);
    }
    const row = make("tr", {}, make("td", {}, make("label", { class: "box" }, box)), sound);
    run.cells.forEach(([text], place) =>
      row.append(make("td", { class: columns[place].numeric ? "number" : "" }, text)),
    );
    if (hasNotes) row.append(make("td", {}, make("div", { class: "notes" }, run.notes.join(" "))));
    return { row, box };
  }

  #filters() {
    const filters = make("div", { class: "filters" });
    filters.append(make("label", { class: "field", for: "search" }, "Find", this.#search));
    this.grid.columns.forEach(({ label, figure }, place) => {
      const texts = figure ? [] : choicesOf(this.grid.runs, place);
      if (!texts.length) return;
      const select = make("select", { id: `choice-${place}` }, make("option", { value: "" }, "all"));
      select.append(...texts.map((text) => make("option", { value: text }, text)));
      select.addEventListener("change", () => {
        this.#wanted.set(place, select.value);
        this.#draw();
      });
      filters.append(make("label", { class: "field", for: select.id }, label, select));
    });
    return filters;
  }

  #columns() {
    const boxes = this.grid.columns.map(({ label, shown }, place) => {
      const box = make("input", { type: "checkbox" });
      box.checked = shown;
      box.addEventListener("change", () => this.#showColumn(place, box.checked));
      return make("label", {}, box, label);
    });
    return make("details", {}, make("summary", {}, "Columns"), make("div", { class: "boxes" }, ...boxes));
  }

  /**
   * @param {number} place
   * @param {boolean} shown
   */
  #showColumn(place, shown) {
    this.#heads[place].hidden = !shown;
    for (const { row } of this.#rows.values()) row.cells[place + 2].hidden = !shown; // after box and link
  }

  #draw() {
    const { runs, columns } = this.grid;
    const found = runs.filter((run) => matches(run, this.#search.value, this.#wanted));
    const order = this.#order;
    this.#shown = order ? sorted(found, order.place, columns[order.place].numeric, order.descending) : found;
    this.#body.replaceChildren(...this.#shown.map((run) => /** @type {HTMLElement} */ (this.#rows.get(run)?.row)));
    this.#heads.forEach((head, place) => {
      if (order?.place === place) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.#tell();
  }

  #chooseAll() {
    this.#choose(this.#shown, this.#all.checked);
  }

  /**
   * @param {Run[]} runs
   * @param {boolean} wanted
   */
  #choose(runs, wanted) {
    for (const run of runs) {
      if (wanted) this.#chosen.add(run);
      else this.#chosen.delete(run);
      const { box } = /** @type {{ box: HTMLInputElement }} */ (this.#rows.get(run));
      box.checked = wanted;
    }
    this.#tell();
  }

  #tell() {
    const all = this.grid.runs.length;
    const shown = this.#shown.length === all ? `${all} results` : `${this.#shown.length} of ${all} results`;
    this.#count.textContent = this.#chosen.size ? `${shown}, ${this.#chosen.size} chosen` : shown;
    const count = this.#shown.filter((run) => this.#chosen.has(run)).length;
    this.#all.checked = count > 0 && count === this.#shown.length;
    this.#all.indeterminate = count > 0 && count < this.#shown.length;
    this.told(this.#chosen);
  }

  /**
   * Shows what is open.
   * @param {Pairing} pairing
   * @param {Run} [run]
   */
  mark(pairing, run) {
    for (const [each, { row }] of this.#rows) {
      row.classList.toggle("open", run ? each === run : pairing.runs.includes(each));
    }
  }
}
