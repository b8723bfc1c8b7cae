/** Buttons that are held off for a while, for one or more reasons: a press does nothing until all of these are over. */

/** Selectors of buttons, by reason. @type {Map<string, string>} */
const reasons = new Map();

/**
 * Holds buttons off for a reason, in place of those held for it before; none with an empty selector.
 * @param {string} reason
 * @param {string} buttons
 */
export function hold(reason, buttons) {
  const known = [reasons.get(reason), buttons].filter(Boolean).join();
  if (buttons) reasons.set(reason, buttons);
  else reasons.delete(reason);
  if (!known) return;
  for (const button of document.querySelectorAll(known)) button.ariaDisabled = isHeld(button) ? "true" : null;
}

/** Listens to the whole page, before the buttons do. */
export function start() {
  document.addEventListener(
    "click",
    (event) => {
      if (!(event.target instanceof Element) || !isHeld(event.target)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}

/** @param {Element} element */
const isHeld = (element) => [...reasons.values()].some((buttons) => element.closest(buttons));
