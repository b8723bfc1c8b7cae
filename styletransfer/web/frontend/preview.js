/* The player of previews: `element` is its component.

   The progress holds `<span data-preview=path>` while a transfer runs. What plays is a copy in memory, so
   the server may remove its file. A newer preview is taken up when the one that plays ends or is paused, at the same
   position in the sound, or at once when the visitor asks for it. When the transfer is over, what plays is played to its
   end, and then the player goes. */

const box = element.querySelector(".st-preview");
const [play, newer] = box.querySelectorAll("button");
const slider = box.querySelector("input");
const position = box.querySelector("output");
const progress = document.querySelector("#progress");
const sound = new Audio();

let offered = ""; // path of the newest preview
let loaded = ""; // path of the one in `sound`
let loading = null;

function address(path) {
  const { root = "", api_prefix = "/gradio_api" } = window.gradio_config ?? {};
  return `${root}${api_prefix}/file=${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Puts the newest preview into `sound`, at the position where it was. False if there is none any more. */
async function load() {
  const path = offered;
  if (!path || path === loaded) return loaded !== "";
  const answer = await fetch(address(path)).catch(() => null);
  if (!answer?.ok) return loaded !== ""; // replaced in the meantime: the next one is on its way
  const url = URL.createObjectURL(await answer.blob());
  const at = sound.ended ? 0 : sound.currentTime;
  if (sound.src) URL.revokeObjectURL(sound.src);
  sound.src = url;
  await new Promise((done) => {
    sound.onloadedmetadata = sound.onerror = done;
  });
  sound.currentTime = Math.min(at, sound.duration || 0);
  loaded = path;
  show();
  return true;
}

/** One load at a time. */
function loadOnce() {
  loading ??= load().finally(() => (loading = null));
  return loading;
}

async function start() {
  if (await loadOnce()) await sound.play().catch(() => {});
  show();
}

function toggle() {
  if (sound.paused) start();
  else sound.pause();
}

function show() {
  const playing = !sound.paused && !sound.ended;
  play.setAttribute("aria-pressed", playing);
  newer.hidden = !(playing && offered && offered !== loaded);
  const length = sound.duration || 0;
  if (document.activeElement !== slider || playing) slider.value = length ? (1000 * sound.currentTime) / length : 0;
  slider.disabled = !length;
  slider.setAttribute("aria-valuetext", `${sound.currentTime.toFixed(1)} of ${length.toFixed(1)} seconds`);
  position.textContent = length ? `${sound.currentTime.toFixed(1)} of ${length.toFixed(1)} s` : "";
  box.hidden = !offered && !playing;
}

/** Forgets a transfer that is over, so that the next one begins with nothing. */
function forget() {
  sound.pause();
  if (sound.src) URL.revokeObjectURL(sound.src);
  sound.removeAttribute("src");
  loaded = "";
}

function look() {
  const path = progress?.querySelector("[data-preview]")?.dataset.preview ?? "";
  if (path === offered) return;
  offered = path;
  if (!path && sound.paused) forget();
  show();
}

play.addEventListener("click", toggle);
newer.addEventListener("click", start);
slider.addEventListener("input", () => {
  if (sound.duration) sound.currentTime = (slider.value / 1000) * sound.duration;
  show();
});
for (const event of ["play", "timeupdate", "seeked"]) sound.addEventListener(event, show);
sound.addEventListener("pause", () => {
  if (!sound.ended && offered) loadOnce();
  if (!offered) forget();
  show();
});
sound.addEventListener("ended", () => (offered ? start() : (forget(), show())));
// Two sounds at once help nobody: see exclusive-playback.js.
document.addEventListener("st-playing", ({ detail }) => detail !== sound && sound.pause());
sound.addEventListener("play", () => document.dispatchEvent(new CustomEvent("st-playing", { detail: sound })));
// Gradio changes in place what stays alike: often the attribute alone is new.
if (progress) new MutationObserver(look).observe(progress, { attributes: true, childList: true, subtree: true });
look();
