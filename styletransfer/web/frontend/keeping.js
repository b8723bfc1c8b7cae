/** A line that tells how much the browser keeps, with the button that takes it away. */

import { onSecondPress } from "./confirm.js";
import { isLasting } from "./database.js";
import { make } from "./elements.js";
import { amount } from "./visit-entries.js";
import { forget, room, size } from "./visit-store.js";

const WHERE = "Recordings, settings and results are kept in this browser alone";

/** @param {import("./types.js").Component} component */
export function mount({ element, trigger }) {
  const said = make("span");
  const button = make("button", { type: "button" }, "Forget everything");
  element.append(make("p", {}, said, " ", button));
  const show = async () => {
    const [bytes, most, isKept] = [await size(), await room(), await isLasting()];
    const allowed = most ? ` of the ${amount(most)} that it allows` : "";
    said.textContent = isKept
      ? `${WHERE}: ${amount(bytes)}${allowed}.`
      : "This browser keeps nothing here: recordings, settings and results go with the page.";
    button.hidden = !bytes && !isKept;
  };
  onSecondPress(button, async () => {
    await forget();
    trigger("forget");
  });
  document.addEventListener("st-visit", show);
  show();
}

/** Opens the page as nobody has seen it. */
export function beginAnew() {
  sessionStorage.clear();
  location.replace(location.pathname);
}
