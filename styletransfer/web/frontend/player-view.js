/** What the player looks like: its markup, built once for a set of sources, and how its lanes and numbers are drawn. */

import { config } from "./config.js";
import { draw } from "./recordings.js";

/**
 * @typedef {import("./types.js").Role} Role
 * @typedef {ReturnType<typeof build>} Parts
 * @typedef {"off" | "on" | "revealed"} Blind
 */

const DRAG_PX = 6;

/** @type {Record<Blind, string>} */
const BLIND_WORDS = { off: "Blind", on: "Reveal", revealed: "Blind again" };

/**
 * Seconds as a clock of minutes: 0:03.2
 * @param {number} seconds
 */
export function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * The markup in the shadow root, by name.
 * @param {ShadowRoot} root
 * @param {number} count of sources
 * @param {boolean} hasSlider one lane and a slider instead of a row with a button each
 */
export function build(root, count, hasSlider) {
  const style = make("link", { rel: "stylesheet", href: new URL("player.css", import.meta.url).href });
  const parts = {
    play: make("button", { type: "button", class: "play", "aria-label": "Play" }),
    time: make("span", { class: "time" }),
    loop: make("input", { type: "checkbox" }),
    from: make("input", { type: "number", min: 0, step: 0.1, value: 0, "aria-label": "Loop from, seconds" }),
    to: make("input", { type: "number", min: 0, step: 0.1, value: 0, "aria-label": "Loop to, seconds" }),
    blind: make("button", { type: "button", class: "blind" }, "Blind"),
    status: make("p", { class: "status", role: "status" }),
    region: make("i", { class: "region", hidden: "" }),
    head: make("i", { class: "head" }),
    timeline: make("div", {
      class: "timeline",
      role: "slider",
      tabindex: 0,
      "aria-label": "Position",
      "aria-valuemin": 0,
    }),
    slider: hasSlider
      ? make("input", { type: "range", class: "slider", min: 0, max: count - 1, step: 0.05, value: 0 })
      : null,
    buttons: Array.from({ length: count }, () =>
      make("button", { type: "button", class: "source", "aria-pressed": "false" }),
    ),
    canvases: Array.from({ length: hasSlider ? 1 : count }, () => make("canvas", { "aria-hidden": "true" })),
  };
  const loop = make("span", { class: "loop" }, make("label", {}, parts.loop, "Loop"), parts.from, "to", parts.to, "s");
  const bar = make("div", { class: "bar" }, parts.play, parts.time, loop);
  parts.timeline.append(parts.region, parts.head);
  const lanes = make("div", { class: hasSlider ? "lanes one" : "lanes" });
  parts.canvases.forEach((canvas, i) => lanes.append(...(hasSlider ? [canvas] : [parts.buttons[i], canvas])));
  lanes.append(parts.timeline);
  if (!hasSlider) bar.append(parts.blind);
  const body = make("div", { class: "player" }, bar, lanes);
  if (parts.slider) {
    parts.slider.setAttribute("aria-label", "From one result to the next");
    const names = make("div", { class: "names" }, ...parts.buttons);
    body.append(make("div", { class: "strengths" }, parts.slider, names));
  }
  const keys = `Keys: 1 to ${count}, space, ← →. Drag over a waveform to loop a part of it.`;
  body.append(parts.status, make("p", { class: "keys" }, keys));
  root.replaceChildren(style, body);
  return parts;
}

/**
 * Calls `seek` with the share of the length that was clicked, `region` with both ends of what was dragged over.
 * @param {HTMLElement} timeline
 * @param {{ seek: (share: number) => void, region: (from: number, to: number) => void }} calls
 */
export function onTimeline(timeline, { seek, region }) {
  /** @type {{ x: number, share: number } | null} */
  let from = null;
  let dragged = false;
  const share = (/** @type {PointerEvent} */ event) => {
    const { left, width } = timeline.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  timeline.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = { x: event.clientX, share: share(event) };
    dragged = false;
    timeline.setPointerCapture(event.pointerId);
  });
  timeline.addEventListener("pointermove", (event) => {
    if (!from) return;
    dragged ||= Math.abs(event.clientX - from.x) > DRAG_PX;
    const shown = timeline.querySelector(".region");
    if (dragged) showRegion(/** @type {HTMLElement} */ (shown), [from.share, share(event)]);
  });
  timeline.addEventListener("pointerup", (event) => {
    if (from && dragged) region(from.share, share(event));
    else if (from) seek(from.share);
    from = null;
  });
  timeline.addEventListener("pointercancel", () => (from = null)); // the finger scrolls the page
}

/**
 * @param {HTMLElement} region
 * @param {number[]} ends as shares of the length, in either order
 */
function showRegion(region, ends) {
  const [start, end] = [...ends].sort((a, b) => a - b);
  region.hidden = false;
  region.style.left = `${start * 100}%`;
  region.style.width = `${(end - start) * 100}%`;
}

/**
 * Names, colours and which one is heard.
 * @param {Parts} parts
 * @param {{ name: string, role: Role }[]} shown
 * @param {number} sourceIndex lies between two sources where the slider does
 * @param {Blind} blind
 */
export function showSources(parts, shown, sourceIndex, blind) {
  parts.buttons.forEach((button, i) => {
    const [key, name] = [make("kbd", {}, String(i + 1)), make("span", {}, shown[i].name)];
    button.replaceChildren(key, name);
    button.dataset.role = shown[i].role;
    button.setAttribute("aria-pressed", String(i === Math.round(sourceIndex)));
  });
  parts.blind.textContent = BLIND_WORDS[blind];
  const [low, high] = [shown[Math.floor(sourceIndex)].name, shown[Math.ceil(sourceIndex)].name];
  parts.slider?.setAttribute("aria-valuetext", low === high ? low : `between ${low} and ${high}`);
}

/**
 * Play button, loop and time; without a transport nothing of it can be used yet.
 * @param {Parts} parts
 * @param {import("./transport.js").Transport | null} transport
 */
export function showTransport(parts, transport) {
  for (const part of [parts.play, parts.loop, parts.from, parts.to]) part.disabled = !transport;
  if (!transport) return;
  const { playing, looping, loop, length } = transport;
  const rate = config().sampleRateHz;
  parts.play.classList.toggle("playing", playing);
  parts.play.setAttribute("aria-label", playing ? "Pause" : "Play");
  parts.loop.checked = looping;
  [parts.from.value, parts.to.value] = loop.map((end) => (end / rate).toFixed(2));
  parts.from.max = parts.to.max = (length / rate).toFixed(2);
  showRegion(
    parts.region,
    loop.map((end) => end / length),
  );
  parts.region.hidden = !looping;
  parts.timeline.setAttribute("aria-valuemax", (length / rate).toFixed(1));
  showTime(parts, transport);
}

/**
 * @param {Parts} parts
 * @param {import("./transport.js").Transport} transport
 */
export function showTime(parts, { now, length }) {
  const rate = config().sampleRateHz;
  const [heard, whole] = [now / rate, length / rate].map(clock);
  parts.time.textContent = `${heard} / ${whole}`;
  parts.head.style.left = `${(now / length) * 100}%`;
  parts.timeline.setAttribute("aria-valuenow", (now / rate).toFixed(1));
  parts.timeline.setAttribute("aria-valuetext", `${heard} of ${whole}`);
}

/**
 * A waveform in each canvas, all on one scale.
 * @param {Parts} parts
 * @param {{ role: Role, peaks: Float32Array }[]} lanes
 */
export function drawLanes(parts, lanes) {
  const highest = Math.max(...lanes.map(({ peaks }) => Math.max(...peaks)));
  parts.canvases.forEach((canvas, i) => {
    canvas.dataset.role = lanes[i].role;
    draw(canvas, lanes[i].peaks, highest);
  });
}
