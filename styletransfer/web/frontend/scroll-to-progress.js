/** Where both sides of the page stand in one column, Transfer is far below what it starts: the page goes there. */

export function start() {
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element) || !target.closest("#transfer, #five")) return;
    if (!matchMedia("(max-width: 759px)").matches) return;
    const progress = document.querySelector("#progress");
    if (!progress) return;
    const { top, bottom } = progress.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    progress.scrollIntoView({ block: "start", behavior });
  });
}
