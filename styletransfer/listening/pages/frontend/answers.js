/** How each kind of question is answered: a choice, a rating, or a score for each sound. */

import { make } from "./elements.js";

/** @typedef {import("./listen-types.js").Form} Form */
/** @typedef {import("./listen-types.js").Trial} Trial */

/** @type {Record<string, [string, string][]>} */
const CHOICES = {
  abx: [
    ["a", "X is A"],
    ["b", "X is B"],
  ],
  preference: [
    ["a", "A"],
    ["none", "No preference"],
    ["b", "B"],
  ],
  closer: [
    ["a", "A"],
    ["none", "Both as close"],
    ["b", "B"],
  ],
};
export const RATINGS = [1, 2, 3, 4, 5];
const MAX_SCORE = 100;

/**
 * The form of a trial.
 * @param {Trial} trial
 * @param {Map<string, HTMLElement>} buttons that choose its sounds, by slot
 * @param {() => void} changed
 * @returns {Form}
 */
export function formOf(trial, buttons, changed) {
  if (trial.kind === "several") return scores(trial, buttons, changed);
  if (trial.kind === "rating") return rating(trial, changed);
  const radios = radiosOf(CHOICES[trial.kind], trial.question.text, changed);
  return {
    element: radios.element,
    value: () => (radios.chosen() ? { choice: radios.chosen() } : null),
    missing: () => (radios.chosen() ? "" : "choose an answer"),
  };
}

/**
 * @param {Trial} trial
 * @param {() => void} changed
 * @returns {Form}
 */
function rating({ question }, changed) {
  const radios = radiosOf(
    RATINGS.map((value) => [`${value}`, `${value}`]),
    question.text,
    changed,
  );
  radios.element.classList.add("rating");
  const [low, high] = [question.low, question.high];
  if (low || high) {
    radios.element.append(make("p", { class: "ends" }, make("span", {}, `1: ${low}`), make("span", {}, `5: ${high}`)));
  }
  return {
    element: radios.element,
    value: () => (radios.chosen() ? { rating: Number(radios.chosen()) } : null),
    missing: () => (radios.chosen() ? "" : "choose a number"),
    press: (digit) => radios.press(`${digit}`),
  };
}

/**
 * Radio buttons, as wide as there is room.
 * @param {[string, string][]} choices values and labels
 * @param {string} question
 * @param {() => void} changed
 */
function radiosOf(choices, question, changed) {
  const element = make("fieldset", { class: "choices" }, make("legend", { class: "unseen" }, question));
  for (const [value, text] of choices) {
    const input = make("input", { type: "radio", name: "answer", value });
    input.addEventListener("change", changed);
    element.append(make("label", {}, input, make("span", {}, text)));
  }
  const inputs = [...element.querySelectorAll("input")];
  return {
    element,
    chosen: () => inputs.find((input) => input.checked)?.value ?? "",
    /** @param {string} value */
    press(value) {
      const input = inputs.find((each) => each.value === value);
      input?.click();
      input?.focus();
      return input !== undefined;
    },
  };
}

/**
 * A slider for each sound, beside the button that plays it.
 * @param {Trial} trial
 * @param {Map<string, HTMLElement>} buttons
 * @param {() => void} changed
 * @returns {Form}
 */
function scores({ slots, question }, buttons, changed) {
  const rows = slots.map((slot) => slider(slot, buttons.get(slot), changed));
  const ends = make("p", { class: "ends" }, make("span", {}, `0: ${question.low}`));
  ends.append(make("span", {}, `100: ${question.high}`));
  const legend = make("legend", { class: "unseen" }, question.text);
  const left = () => rows.filter((row) => !row.touched());
  return {
    element: make("fieldset", { class: "scores" }, legend, ends, ...rows.map((row) => row.element)),
    value: () =>
      left().length ? null : { scores: Object.fromEntries(rows.map(({ slot, input }) => [slot, input.valueAsNumber])) },
    missing: () => (left().length ? `move ${named(left().map(({ slot }) => slot.toUpperCase()))}` : ""),
  };
}

/**
 * @param {string} slot
 * @param {HTMLElement | undefined} button
 * @param {() => void} changed
 */
function slider(slot, button, changed) {
  const name = slot.toUpperCase();
  const attributes = { type: "range", min: 0, max: MAX_SCORE, step: 1, value: MAX_SCORE / 2 };
  const input = make("input", { ...attributes, "aria-label": `Score of ${name}`, "aria-valuetext": "not given yet" });
  const number = make("output", {}, "–");
  const element = make("div", { class: "score" }, button ?? name, input, number);
  const touch = () => {
    element.classList.add("touched");
    number.value = input.value;
    input.setAttribute("aria-valuetext", input.value);
    changed();
  };
  input.addEventListener("input", touch);
  input.addEventListener("click", touch); // who wants the middle presses it there
  return { element, input, slot, touched: () => element.classList.contains("touched") };
}

/**
 * "A", "A and B", "A, B and C".
 * @param {string[]} names
 */
export function named(names) {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join("");
}
