/** Roles and texts that Gradio 6.31 leaves out or repeats, set as soon as its parts appear. */

/** @type {[string, (element: Element) => void][]} */
const repairs = [
  // A label on an element without a role is not read out.
  ["div.empty[aria-label]:not([role])", (element) => element.setAttribute("role", "img")],
  // What is said of a recording is read out when it comes, so its place is a live region before.
  [".st-said:not([role])", (element) => element.setAttribute("role", "status")],
  ...landmarks({ "#dock": "Transfer", "#input-side": "What to play, and how", "#result-side": "What came of it" }),
  ...landmarks({
    "#several-dock": "Make several results",
    "#several-input": "What to make results of",
    "#several-output": "The results",
  }),
  // The link's own text says the same.
  ["footer button img[alt]:not([alt=''])", (element) => element.setAttribute("alt", "")],
];

/**
 * Parts of the page that readers can go to, by the names that they are called.
 * @param {Record<string, string>} names by selector
 * @returns {[string, (element: Element) => void][]}
 */
function landmarks(names) {
  return Object.entries(names).map(([selector, name]) => [
    `${selector}:not([role])`,
    (element) => {
      element.setAttribute("role", "region");
      element.setAttribute("aria-label", name);
    },
  ]);
}

function repair() {
  for (const [selector, change] of repairs) document.querySelectorAll(selector).forEach(change);
}

/** Repairs what there is, and from now on what comes. */
export function start() {
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      repair();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
  repair();
}
