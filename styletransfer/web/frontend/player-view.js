/** What the player looks like: its markup, built once for a set of sources, and how its lanes and numbers are drawn. */

import { config } from "./config.js";
import { make } from "./elements.js";
import { seriesOf } from "./lanes.js";
import { draw } from "./recordings.js";

/**
 * @typedef {import("./types.js").Lane} Lane
 * @typedef {import("./types.js").Role} Role
 * @typedef {ReturnType<typeof build>} Parts
 * @typedef {import("./heard.js").Blind} Blind
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
 * The markup in the shadow root, by name.
 * @param {ShadowRoot} root
 * @param {Lane[]} lanes
 * @param {{ isBlended: boolean, isKept: boolean }} mixture whether the result can be mixed with the original, and be
 *   downloaded so
 */
export function build(root, lanes, { isBlended, isKept }) {
  const style = make("link", { rel: "stylesheet", href: new URL("player.css", import.meta.url).href });
  const series = seriesOf(lanes)?.sounds ?? null;
  const parts = {
    play: make("button", { type: "button", class: "play", "aria-label": "Play" }),
    time: make("span", { class: "time" }),
    loop: make("input", { type: "checkbox" }),
    from: make("input", { type: "number", min: 0, step: 0.1, value: 0, "aria-label": "Loop from, seconds" }),
    to: make("input", { type: "number", min: 0, step: 0.1, value: 0, "aria-label": "Loop to, seconds" }),
    blind: make("button", { type: "button", class: "blind" }, "Blind"),
    names: make("button", { type: "button", class: "names" }, "Names"),
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
    slider: series ? range("From one result to the next", series.length - 1, 0.05, 0) : null,
    steps: (series ?? []).map(({ name }) => make("button", { type: "button", class: "step" }, name)),
    blend: isBlended ? range("How much of the result is heard", 100, 5, 100) : null,
    share: make("output"),
    kept: make("input", { type: "checkbox" }),
    buttons: lanes.map(() => make("button", { type: "button", class: "source", "aria-pressed": "false" })),
    canvases: lanes.map(() => make("canvas", { "aria-hidden": "true" })),
  };
  const ends = make("span", { class: "ends" }, parts.from, "to", parts.to, "s");
  const loop = make("span", { class: "loop" }, make("label", {}, parts.loop, "Loop"), ends);
  const bar = make("div", { class: "bar" }, parts.play, parts.time, loop);
  if (!series) bar.append(make("span", { class: "hiding" }, parts.names, parts.blind));
  parts.timeline.append(parts.region, parts.head);
  const shown = make("div", { class: "lanes" });
  parts.canvases.forEach((canvas, i) => shown.append(parts.buttons[i], canvas));
  shown.append(parts.timeline);
  const body = make("div", { class: "player" }, bar);
  if (parts.slider) {
    body.append(make("div", { class: "strengths" }, parts.slider, make("div", { class: "steps" }, ...parts.steps)));
  }
  body.append(shown);
  if (parts.blend) {
    const kept = isKept ? [make("label", { class: "kept" }, parts.kept, "Download it so")] : [];
    body.append(make("div", { class: "blend" }, "Original", parts.blend, "Result", parts.share, ...kept));
  }
  const keys = `Keys: 1 to ${lanes.length}, space, ← →. Drag over a waveform to loop a part of it.`;
  body.append(parts.status, make("p", { class: "keys" }, keys));
  root.replaceChildren(style, body);
  return parts;
}

/**
 * @param {string} label
 * @param {number} max
 * @param {number} step
 * @param {number} value
 */
function range(label, max, step, value) {
  const slider = make("input", { type: "range", class: "slider", min: 0, max, step, "aria-label": label });
  slider.value = String(value);
  return slider;
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
 * @param {{ name: string, about: string, role: Role }[]} shown
 * @param {number} heard
 * @param {Blind} blind
 */
export function showLanes(parts, shown, heard, blind) {
  parts.buttons.forEach((button, i) => {
    const about = shown[i].about ? [make("small", {}, shown[i].about)] : [];
    button.replaceChildren(make("kbd", {}, String(i + 1)), make("span", {}, shown[i].name, ...about));
    button.dataset.role = shown[i].role;
    button.setAttribute("aria-pressed", String(i === heard));
  });
  parts.blind.textContent = BLIND_WORDS[blind];
  parts.names.hidden = blind !== "revealed";
}

/**
 * Where the slider between several results stands.
 * @param {Parts} parts
 * @param {number} place lies between two of them where the slider does
 */
export function showPlace({ slider, steps }, place) {
  if (!slider) return;
  const [low, high] = [steps[Math.floor(place)], steps[Math.ceil(place)]].map(({ textContent }) => textContent);
  slider.setAttribute("aria-valuetext", low === high ? String(low) : `between ${low} and ${high}`);
  steps.forEach((step, i) => step.setAttribute("aria-pressed", String(i === Math.round(place))));
}

/**
 * How a result is mixed with the original; while it is blind nothing is.
 * @param {Parts} parts
 * @param {import("./types.js").Blend} blend
 * @param {Blind} blind
 */
export function showBlend({ blend: slider, share, kept }, blend, blind) {
  if (!slider) return;
  const percent = Math.round(100 * blend.share);
  share.textContent = `${percent} %`;
  slider.setAttribute("aria-valuetext", `${percent} % result`);
  slider.disabled = blind === "on";
  kept.disabled = percent === 100;
  kept.checked = blend.kept && percent < 100;
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
