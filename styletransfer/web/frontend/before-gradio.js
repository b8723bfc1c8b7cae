/*
 * What has to be in place before Gradio's own scripts, which load all others (gradio_compat.first_in_head).
 *
 * A browser calls the window's listeners in their order. Gradio's closes the page's connection as soon as somebody is
 * asked whether to leave, and does not open it again for who stays: it is not told. Who leaves takes it along.
 */

addEventListener("beforeunload", (event) => {
  const mayLeave = document.dispatchEvent(new Event("st-leave", { cancelable: true }));
  if (mayLeave) return;
  event.preventDefault();
  event.stopImmediatePropagation();
});

// All of the page's texts are English: so are Gradio's, and the language that it tells screen readers.
Object.defineProperty(navigator, "language", { value: "en" });

// What a visitor changes before all that was kept is back is marked, so that nothing is put in its place.
for (const type of ["input", "change", "drop", "mousedown", "click"]) {
  addEventListener(
    type,
    ({ target }) => {
      if (!(target instanceof Element)) return;
      const isPress = type === "mousedown" || type === "click";
      if (isPress && !target.closest("[role=option], .st-take-remove, #examples button")) return;
      const own = target.closest('[id^="setting-"], [id^="weight-"], #preset, #seed-choice, .st-recorder');
      const all = own ? [own] : document.querySelectorAll("#recordings .st-recorder");
      if (own || target.closest("#examples")) for (const each of all) each.setAttribute("data-changed", "");
    },
    { capture: true },
  );
}
