// Where both sides of the page stand in one column, Transfer is far below what it starts: the page goes there.
document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#transfer, #five") || !matchMedia("(max-width: 759px)").matches) return;
    const progress = document.querySelector("#progress");
    const { top, bottom } = progress.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    progress.scrollIntoView({ block: "start", behavior });
});
