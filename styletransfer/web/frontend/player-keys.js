/**
 * Keys of the players: 1 to 9 choose a source, space plays and pauses, arrows seek. They belong to the player that has
 * the focus, or else to the one on screen that was used last; to nobody while text is typed or no player is in sight.
 */

/** @typedef {import("./player.js").Player} Player */

/** @type {Player[]} */
const players = [];

/**
 * A player joins on top: what was used last comes first.
 * @param {Player} player
 */
export function listen(player) {
  leave(player);
  players.unshift(player);
}

/** @param {Player} player */
export function leave(player) {
  const index = players.indexOf(player);
  if (index >= 0) players.splice(index, 1);
}

const TYPED =
  "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select, " +
  "[contenteditable]:not([contenteditable=false]), [role=textbox], [role=combobox], [role=listbox], [role=dialog] *";
const WITH_KEYS_OF_THEIR_OWN = "a, button, input, summary, audio, video, [tabindex], [role]";

const OFF = "st-keys-off";

/** Whether keys work where no player has the focus. */
export const areOn = () => localStorage[OFF] !== "yes";

/** @param {boolean} wanted */
export function setOn(wanted) {
  localStorage[OFF] = wanted ? "no" : "yes";
  return wanted;
}

/**
 * Whether the key belongs to a field, a list or a window of its own.
 * @param {KeyboardEvent} event
 */
export function isTyping(event) {
  const target = event.composedPath()[0];
  return !(target instanceof Element) || target.matches(TYPED) || target.closest("dialog[open]") !== null;
}

/** Listens to the whole page. */
export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const target = /** @type {Element} */ (event.composedPath()[0]);
    const inside = players.find((player) => event.composedPath().includes(player));
    const player = inside ?? (areOn() ? players.find(isOnScreen) : null);
    if (!player) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? /^[1-9]$/.exec(event.key)?.[0];
    if (!digit && !inside && target.matches(WITH_KEYS_OF_THEIR_OWN)) return;
    if (act(player, digit ? "digit" : event.key, Number(digit), target, event.repeat)) event.preventDefault();
  });
}

/**
 * Whether the key was one of the player's.
 * @param {Player} player
 * @param {string} key
 * @param {number} digit
 * @param {Element} target
 * @param {boolean} repeated
 */
function act(player, key, digit, target, repeated) {
  if (key === "digit") return repeated || player.choose(digit - 1);
  if (key === " ") {
    // A button that chooses another source is pressed by space, as buttons are; the chosen one plays.
    const chooses = target.matches("button, input[type=checkbox]") && !target.matches(".source[aria-pressed=true]");
    return !chooses && (repeated || player.toggle());
  }
  if (target.matches("input[type=range]")) return false;
  if (key === "ArrowLeft") return player.seekBy(-1);
  if (key === "ArrowRight") return player.seekBy(1);
  if (target.matches("[role=slider]") && key === "Home") return player.seekBy(-Infinity);
  if (target.matches("[role=slider]") && key === "End") return player.seekBy(Infinity);
  return false;
}

/**
 * Whether the middle of what the window shows of a player is not covered by something else.
 * @param {Player} player
 */
function isOnScreen(player) {
  if (!player.checkVisibility()) return false;
  const { left, right, top, bottom } = player.getBoundingClientRect();
  const [x0, x1] = [Math.max(0, left), Math.min(innerWidth, right)];
  const [y0, y1] = [Math.max(0, top), Math.min(innerHeight, bottom)];
  return x0 < x1 && y0 < y1 && document.elementFromPoint((x0 + x1) / 2, (y0 + y1) / 2) === player;
}
