/** The results page of a grid, made from what Python tells of it (told.py). */

import { make } from "./elements.js";
import * as exclusivePlayback from "./exclusive-playback.js";
import { Matrix } from "./matrix.js";
import { Panel } from "./panel.js";
import { pairingsOf } from "./pairings.js";
import * as playerKeys from "./player-keys.js";
import "./player.js";
import { RunTable } from "./run-table.js";
import { TestMaker } from "./test-maker.js";

/** @typedef {import("./report-types.js").Grid} Grid */

/**
 * What is not there, each with why.
 * @param {string} heading
 * @param {[what: string, sentence: string][]} items
 */
function lackingOf(heading, items) {
  if (!items.length) return [];
  const list = items.map(([what, sentence]) => make("li", {}, make("b", {}, what), ` ${sentence}`));
  return [make("section", {}, make("h2", {}, heading), make("ul", { class: "lacking" }, ...list))];
}

/** @param {Grid} grid */
function stateOf({ done, asked, runs, failed, unusable }) {
  const others = runs.length - done;
  const parts = [
    asked ? `${done} of ${asked} runs are done.` : "No run was asked for.",
    others ? `${others} more are here from before.` : "",
    failed.length ? `${failed.length} failed.` : "",
    unusable.length ? `Recordings that cannot be used: ${unusable.length}.` : "",
    done < asked ? "Write this page again when there are more." : "",
  ];
  return parts.filter(Boolean).join(" ");
}

/** @param {Grid} grid */
function build(grid) {
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  main.append(make("h1", {}, grid.title), make("p", { class: "state" }, stateOf(grid)));
  if (grid.runs.length) main.append(...resultsOf(grid));
  main.append(
    ...lackingOf(
      "Runs that failed",
      grid.failed.map(({ name, sentence }) => [name, sentence]),
    ),
    ...lackingOf(
      "Recordings that cannot be used",
      grid.unusable.map(({ path, sentence }) => [path, sentence]),
    ),
    make("footer", {}, `styletransfer ${grid.version}`),
  );
}

/** @param {Grid} grid */
function resultsOf(grid) {
  const pairings = pairingsOf(grid);
  const panel = new Panel(grid, pairings);
  const maker = new TestMaker(grid, pairings);
  const matrix = new Matrix(grid, pairings);
  const table = new RunTable(grid, (chosen) => maker.show(chosen));
  /** What the address names: a pairing, or a run with its own. */
  const follow = () => {
    const key = decodeURIComponent(location.hash.slice(1));
    const run = grid.runs.find(({ id }) => key === `run-${id}`);
    const pairing = pairings.find((each) => (run ? each.runs.includes(run) : key === `pairing-${each.key}`));
    if (!pairing) return;
    panel.open(pairing, run);
    matrix.mark(pairing);
    table.mark(pairing, run);
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", ({ target }) => {
    const link = target instanceof Element ? target.closest("a") : null;
    if (link?.hash && link.hash === location.hash) follow(); // once more: the address does not change
  });
  queueMicrotask(() => {
    if (location.hash) follow();
    else panel.invite();
  });
  return [matrix.element, panel.element, table.element, maker.element];
}

exclusivePlayback.start();
playerKeys.start();
build(JSON.parse(document.getElementById("st-grid")?.textContent ?? ""));
