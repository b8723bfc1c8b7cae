/** What there is to know of a run, made when it is unfolded. */

import { download } from "./download.js";
import { button, make } from "./elements.js";
import { scroller } from "./scroller.js";

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Run} Run
 */

/** @type {Record<string, string>} */
const PICTURES = {
  spectrograms: "Spectrograms of the recordings and of the result",
  loss: "Loss by epoch (the paper's figure 2)",
  correlation: "Correlation with the content by epoch (the paper's figure 3)",
};

/**
 * @param {Grid} grid
 * @param {Run} run
 * @param {() => void} hear has the player play it
 */
export function detailsOf(grid, run, hear) {
  const details = make("details", {}, make("summary", {}, make("b", {}, run.way), ` ${inShort(grid, run)}`));
  const build = () => details.open && details.childElementCount === 1 && details.append(bodyOf(grid, run, hear));
  details.addEventListener("toggle", build);
  return details;
}

/**
 * The figures of the report card that have short names.
 * @param {Grid} grid
 * @param {Run} run
 */
function inShort({ columns }, { cells }) {
  return columns
    .map(({ label, about, figure, shown }, place) => ({
      label,
      text: cells[place][0],
      isTold: figure && shown && about,
    }))
    .filter(({ isTold }) => isTold)
    .map(({ label, text }) => `${label[0].toLowerCase()}${label.slice(1)} ${text}`)
    .join(", ");
}

/**
 * @param {Grid} grid
 * @param {Run} run
 * @param {() => void} hear
 */
function bodyOf(grid, run, hear) {
  const buttons = make("p", { class: "buttons" });
  if (run.url)
    buttons.append(
      button("Hear this one", hear),
      button("Download as FLAC", () => download(run)),
    );
  const notes = run.notes.map((note) => make("p", { class: "note" }, note));
  const figures = Object.entries(PICTURES)
    .filter(([name]) => run.pictures[name])
    .map(([name, title]) => figureOf(run, name, title));
  const where = make("p", { class: "small" }, "In the grid's folder: ", make("code", {}, run.file));
  const left = make("div", {}, ...cardOf(grid, run), settingsOf(grid, run), where);
  const beside = make("div", { class: "beside" }, left, make("div", {}, ...figures));
  return make("div", { class: "run" }, buttons, ...notes, beside);
}

/**
 * @param {Run} run
 * @param {string} name
 * @param {string} title
 */
function figureOf(run, name, title) {
  const picture = make("img", { src: run.pictures[name], alt: `${title}: ${run.way}`, loading: "lazy" });
  const whole = make("a", { href: run.pictures[name], target: "_blank" }, picture);
  return make("figure", {}, make("figcaption", {}, title), whole);
}

/**
 * @param {Grid} grid
 * @param {Run} run
 */
function cardOf({ card: { columns, groups } }, { card, way }) {
  if (!card.length) return [make("p", {}, "There is no report card of this run.")];
  let place = 0;
  const bodies = groups.map(([group, questions]) => {
    const rows = questions.map((question) => {
      const cells = card[place++].map((text) => make("td", { class: "number" }, text));
      return make("tr", {}, make("th", { scope: "row" }, question), ...cells);
    });
    const heading = make("tr", {}, make("th", { scope: "rowgroup", colspan: 1 + columns.length }, group));
    return make("tbody", {}, heading, ...rows);
  });
  const head = make(
    "tr",
    {},
    make("td"),
    ...columns.map((column) => make("th", { scope: "col", class: "number" }, column)),
  );
  const table = make(
    "table",
    { class: "card" },
    make("caption", {}, "Report card"),
    make("thead", {}, head),
    ...bodies,
  );
  return [scroller(`Report card: ${way}`, table)];
}

/**
 * Those in which the runs differ, and all others folded.
 * @param {Grid} grid
 * @param {Run} run
 */
function settingsOf({ labels, common }, { settings }) {
  const listOf = (/** @type {Record<string, string>} */ values) => {
    const known = Object.keys(labels).filter((name) => name in values);
    const pairs = known.flatMap((name) => [make("dt", {}, labels[name]), make("dd", {}, values[name])]);
    return make("dl", {}, ...pairs);
  };
  const all = make("details", {}, make("summary", {}, "All settings"), listOf({ ...common, ...settings }));
  if (!Object.keys(settings).length) return all;
  return make("div", {}, make("h3", {}, "Settings in which the runs differ"), listOf(settings), all);
}
