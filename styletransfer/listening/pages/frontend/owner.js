/** The buttons of the owner's page: each acts when it is pressed a second time, soon after the first. */

const SECOND_PRESS_MS = 6000;
const AWAY = "The server does not answer. Try again in a while.";

const results = found("main");
const fault = found("#fault");
const told = found("#told");

/**
 * @param {string} selector
 * @returns {HTMLElement}
 */
function found(selector) {
  const element = document.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`There is no ${selector}.`);
  return element;
}

/** @param {HTMLButtonElement} button */
function watch(button) {
  const text = button.textContent ?? "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const disarm = () => {
    clearTimeout(timer);
    button.classList.remove("armed");
    button.textContent = text;
  };
  button.addEventListener("click", () => {
    if (button.classList.contains("armed")) {
      disarm();
      void act(button);
      return;
    }
    button.classList.add("armed");
    button.textContent = told.textContent = button.dataset.again ?? "";
    timer = setTimeout(disarm, SECOND_PRESS_MS);
  });
  button.disabled = false;
}

/** @param {HTMLButtonElement} button */
async function act(button) {
  const { act: name, number, begun } = button.dataset;
  button.disabled = true;
  fault.textContent = "";
  const refused = await post(name ?? "", number ? { number: Number(number), begun } : {});
  button.disabled = false;
  if (refused) fault.textContent = refused;
  else if (name === "delete") gone();
  else location.reload();
}

/**
 * Posts to the server; returns why it refused, if it did.
 * @param {string} name
 * @param {object} what
 */
async function post(name, what) {
  try {
    const response = await fetch(`${results.dataset.address}/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
    if (response.ok) return "";
    return /** @type {{ error?: string }} */ (await response.json()).error ?? AWAY;
  } catch {
    return AWAY;
  }
}

function gone() {
  const heading = document.createElement("h1");
  heading.textContent = "The test is deleted";
  heading.tabIndex = -1;
  results.replaceChildren(heading);
  heading.focus();
}

found("#scriptless").hidden = true;
for (const button of results.querySelectorAll("button")) watch(button);
