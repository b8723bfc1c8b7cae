// The list of results in the Compare tab. Gradio runs this once, with `element`, `trigger` and `watch`; rows come and go
// inside the element. A row's key is the entry's.
const MAX_CHOSEN = 4;
const CONFIRM_MS = 5000;
const TOGETHER_MS = 100;

const boxes = () => [...element.querySelectorAll("input[type=checkbox]")];
const keyOf = (target) => target.closest("li").dataset.key;

let ticked; // several ticks in quick succession are told as one

element.addEventListener("change", ({ target }) => {
  if (target.type === "checkbox") {
    const chosen = boxes().filter((box) => box.checked);
    for (const box of boxes()) box.disabled = !box.checked && chosen.length >= MAX_CHOSEN;
    clearTimeout(ticked);
    ticked = setTimeout(() => trigger("choose", { keys: chosen.map(keyOf) }), TOGETHER_MS);
  } else if (target.value.trim()) {
    trigger("rename", { key: keyOf(target), name: target.value });
  } else {
    target.value = target.defaultValue;
  }
});

element.addEventListener("keydown", (event) => {
  if (event.target.type !== "text") return;
  if (event.key === "Escape") event.target.value = event.target.defaultValue;
  if (event.key === "Enter" || event.key === "Escape") event.target.blur();
});

// What is deleted is gone: a second press within a few seconds does it.
element.addEventListener("click", ({ target }) => {
  if (!target.matches("button")) return;
  if (target.classList.contains("sure")) {
    ask(target, false);
    trigger("delete", { key: keyOf(target) });
    return;
  }
  ask(target, true);
  setTimeout(() => ask(target, false), CONFIRM_MS);
});

function ask(button, sure) {
  button.classList.toggle("sure", sure);
  button.textContent = sure ? "Really?" : "Delete";
  const name = button.ariaLabel.replace(/^(Really delete|Delete) /, "");
  button.ariaLabel = `${sure ? "Really delete" : "Delete"} ${name}`;
}

// Gradio changes rows in place, and a box that was ticked by hand no longer follows its attribute.
watch("value", () => {
  for (const box of boxes()) box.checked = box.hasAttribute("checked");
});
