/** A button that acts at its second press within a few seconds: what is taken away is gone. */

const CONFIRM_MS = 5000;

/**
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 */
export function onSecondPress(button, act) {
  const text = button.textContent;
  /** @param {boolean} sure whether the next press acts */
  const ask = (sure) => {
    button.classList.toggle("sure", sure);
    button.textContent = sure ? "Really?" : text;
    const label = button.ariaLabel?.replace(/^Really (.)/, (_, first) => first.toUpperCase());
    if (label) button.ariaLabel = sure ? `Really ${label[0].toLowerCase()}${label.slice(1)}` : label;
  };
  button.addEventListener("click", () => {
    const sure = button.classList.contains("sure");
    ask(!sure);
    if (sure) act();
    else setTimeout(() => ask(false), CONFIRM_MS);
  });
}
