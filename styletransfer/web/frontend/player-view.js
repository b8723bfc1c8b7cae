/** What the player looks like: its markup, built once for a set of sources, and how its lanes and numbers are drawn. */

import { RATE_HZ, draw } from "./recordings.js";

const DRAG_PX = 6;
const LETTERS = "ABCDEFGHI";
const BLIND_WORDS = { off: "Blind", on: "Reveal", revealed: "Blind again" };

export const letter = (index) => LETTERS[index];

/** Seconds as a clock of minutes: 0:03.2 */
export function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The markup in the shadow root, by name. `hasSlider`: one lane and a slider instead of a row with a button each. */
export function build(root, count, hasSlider) {
  const style = make("link", { rel: "stylesheet", href: new URL("player.css", import.meta.url) });
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
    buttons: [],
    canvases: [],
  };
  const loop = make("span", { class: "loop" }, make("label", {}, parts.loop, "Loop"), parts.from, "to", parts.to, "s");
  const bar = make("div", { class: "bar" }, parts.play, parts.time, loop);
  parts.timeline = make("div", timelineAttributes(), parts.region, parts.head);
  const lanes = make("div", { class: hasSlider ? "lanes one" : "lanes" });
  for (let i = 0; i < (hasSlider ? 1 : count); i++) {
    const button = make("button", { type: "button", class: "source", "aria-pressed": "false" });
    const canvas = make("canvas", { "aria-hidden": "true" });
    parts.canvases.push(canvas);
    if (!hasSlider) parts.buttons.push(button);
    lanes.append(...(hasSlider ? [canvas] : [button, canvas]));
  }
  lanes.append(parts.timeline);
  if (!hasSlider) bar.append(parts.blind);
  const body = make("div", { class: "player" }, bar, lanes);
  if (hasSlider) body.append(strengths(parts, count));
  const keys = "Keys: 1 to " + count + ", space, ← →. Drag over a waveform to loop a part of it.";
  body.append(parts.status, make("p", { class: "keys" }, keys));
  root.replaceChildren(style, body);
  return parts;
}

function timelineAttributes() {
  return { class: "timeline", role: "slider", tabindex: 0, "aria-label": "Position", "aria-valuemin": 0 };
}

function strengths(parts, count) {
  parts.slider = make("input", { type: "range", class: "slider", min: 0, max: count - 1, step: 0.05, value: 0 });
  parts.slider.setAttribute("aria-label", "From one result to the next");
  parts.names = make("div", { class: "names" });
  for (let i = 0; i < count; i++) {
    const name = make("button", { type: "button", class: "source", "aria-pressed": "false" });
    parts.buttons.push(name);
    parts.names.append(name);
  }
  return make("div", { class: "strengths" }, parts.slider, parts.names);
}

/** Calls `seek` with the share of the length that was clicked, `region` with both ends of what was dragged over. */
export function onTimeline(timeline, { seek, region }) {
  let from = null;
  let dragged = false;
  const share = (event) => {
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
    dragged ||= from !== null && Math.abs(event.clientX - from.x) > DRAG_PX;
    if (from && dragged) showRegion(timeline.querySelector(".region"), [from.share, share(event)]);
  });
  timeline.addEventListener("pointerup", (event) => {
    if (from && dragged) region(from.share, share(event));
    else if (from) seek(from.share);
    from = null;
  });
  timeline.addEventListener("pointercancel", () => (from = null)); // the finger scrolls the page
}

function showRegion(region, ends) {
  const [start, end] = [...ends].sort((a, b) => a - b);
  region.hidden = false;
  region.style.left = `${start * 100}%`;
  region.style.width = `${(end - start) * 100}%`;
}

/** Names, colours and which one is heard. `sourceIndex` lies between two sources where the slider does. */
export function showSources(parts, shown, sourceIndex, blind) {
  parts.buttons.forEach((button, i) => {
    const [key, name] = [make("kbd", {}, String(i + 1)), make("span", {}, shown[i].name)];
    button.replaceChildren(key, name);
    button.dataset.role = shown[i].role;
    button.setAttribute("aria-pressed", i === Math.round(sourceIndex));
  });
  parts.blind.textContent = BLIND_WORDS[blind];
  const [low, high] = [shown[Math.floor(sourceIndex)].name, shown[Math.ceil(sourceIndex)].name];
  parts.slider?.setAttribute("aria-valuetext", low === high ? low : `between ${low} and ${high}`);
}

/** Play button, loop and time; without a transport nothing of it can be used yet. */
export function showTransport(parts, transport) {
  for (const part of [parts.play, parts.loop, parts.from, parts.to]) part.disabled = !transport;
  if (!transport) return;
  const { playing, looping, loop, length } = transport;
  parts.play.classList.toggle("playing", playing);
  parts.play.setAttribute("aria-label", playing ? "Pause" : "Play");
  parts.loop.checked = looping;
  [parts.from.value, parts.to.value] = loop.map((end) => (end / RATE_HZ).toFixed(2));
  parts.from.max = parts.to.max = (length / RATE_HZ).toFixed(2);
  showRegion(parts.region, loop.map((end) => end / length));
  parts.region.hidden = !looping;
  parts.timeline.setAttribute("aria-valuemax", (length / RATE_HZ).toFixed(1));
  showTime(parts, transport);
}

export function showTime(parts, { now, length }) {
  const [heard, whole] = [now / RATE_HZ, length / RATE_HZ].map(clock);
  parts.time.textContent = `${heard} / ${whole}`;
  parts.head.style.left = `${(now / length) * 100}%`;
  parts.timeline.setAttribute("aria-valuenow", (now / RATE_HZ).toFixed(1));
  parts.timeline.setAttribute("aria-valuetext", `${heard} of ${whole}`);
}

/** A waveform in each canvas, all on one scale. */
export function drawLanes(parts, lanes) {
  const highest = Math.max(...lanes.map(({ peaks }) => Math.max(...peaks)));
  parts.canvases.forEach((canvas, i) => {
    canvas.dataset.role = lanes[i].role;
    draw(canvas, lanes[i].peaks, highest);
  });
}
