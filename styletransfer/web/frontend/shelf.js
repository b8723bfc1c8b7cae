/** The list of results in the Compare tab. Rows come and go inside the element. A row's key is the entry's. */

import { config } from "./config.js";

const CONFIRM_MS = 5000;
const TOGETHER_MS = 100;

/** @param {import("./types.js").Component} component */
export function mount({ element, trigger, watch }) {
  let ticked = 0; // several ticks in quick succession are told as one

  /** @returns {HTMLInputElement[]} */
  const boxes = () => [...element.querySelectorAll("input")].filter(({ type }) => type === "checkbox");

  element.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.type === "checkbox") {
      const chosen = boxes().filter((box) => box.checked);
      for (const box of boxes()) box.disabled = !box.checked && chosen.length >= config().maxChosen;
      clearTimeout(ticked);
      ticked = window.setTimeout(() => trigger("choose", { keys: chosen.map(keyOf) }), TOGETHER_MS);
    } else if (target.value.trim()) {
      trigger("rename", { key: keyOf(target), name: target.value });
    } else {
      target.value = target.defaultValue;
    }
  });

  element.addEventListener("keydown", ({ target, key }) => {
    if (!(target instanceof HTMLInputElement) || target.type !== "text") return;
    if (key === "Escape") target.value = target.defaultValue;
    if (key === "Enter" || key === "Escape") target.blur();
  });

  // What is deleted is gone: a second press within a few seconds does it.
  element.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    if (target.classList.contains("sure")) {
      ask(target, false);
      trigger("delete", { key: keyOf(target) });
      return;
    }
    ask(target, true);
    setTimeout(() => ask(target, false), CONFIRM_MS);
  });

  // Gradio changes rows in place, and a box that was ticked by hand no longer follows its attribute.
  watch("value", () => {
    for (const box of boxes()) box.checked = box.hasAttribute("checked");
  });
}

/** @param {Element} target */
const keyOf = (target) => target.closest("li")?.dataset.key;

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} sure whether the next press deletes
 */
function ask(button, sure) {
  button.classList.toggle("sure", sure);
  button.textContent = sure ? "Really?" : "Delete";
  const name = button.ariaLabel?.replace(/^(Really delete|Delete) /, "");
  button.ariaLabel = `${sure ? "Really delete" : "Delete"} ${name}`;
}
