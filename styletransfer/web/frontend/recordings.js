/** Fetches and decodes recordings ahead of playing, at the rate of all results, and keeps the latest ones. */

import { config } from "./config.js";
import { fetchFile } from "./fetched.js";

const MAX_KEPT = 16;

/** @type {Map<string, Promise<AudioBuffer>>} */
const decoded = new Map();

/**
 * One AudioBuffer for each URL, all as long as the longest; shorter ones end in silence.
 * @param {string[]} urls
 */
export async function load(urls) {
  const buffers = await Promise.all(urls.map(decode));
  const length = Math.max(...buffers.map((buffer) => buffer.length));
  return buffers.map((buffer) => {
    if (buffer.length === length) return buffer;
    const { numberOfChannels, sampleRate } = buffer;
    const padded = new AudioBuffer({ length, numberOfChannels, sampleRate });
    for (let i = 0; i < numberOfChannels; i++) padded.copyToChannel(buffer.getChannelData(i), i);
    return padded;
  });
}

/** @param {string} url */
function decode(url) {
  const known = decoded.get(url) ?? fetchAndDecode(url);
  decoded.delete(url);
  decoded.set(url, known);
  known.catch(() => decoded.delete(url));
  const [oldest] = decoded.keys();
  if (decoded.size > MAX_KEPT) decoded.delete(oldest);
  return known;
}

/** @param {string} url */
async function fetchAndDecode(url) {
  const bytes = await (await fetchFile(url)).arrayBuffer();
  // An offline context decodes before the visitor has touched the page, when a live one may not run yet.
  return new OfflineAudioContext(1, 1, config().sampleRateHz).decodeAudioData(bytes);
}

/**
 * The samples of each channel.
 * @param {AudioBuffer} buffer
 */
export function channels(buffer) {
  return Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
}

/**
 * The largest magnitude, in any channel, in each of `count` equal parts, times `level`.
 * @param {Float32Array[]} channels
 * @param {number} count
 * @param {number} level
 */
export function peaks(channels, count, level) {
  return Float32Array.from({ length: count }, (_, i) => {
    let peak = 0;
    for (const samples of channels) {
      const end = Math.ceil(((i + 1) * samples.length) / count);
      for (let j = Math.floor((i * samples.length) / count); j < end; j++) peak = Math.max(peak, Math.abs(samples[j]));
    }
    return peak * level;
  });
}

/**
 * Peaks as bars from the middle of a canvas, in its own text colour; `highest` fills its height.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} values
 * @param {number} highest
 */
export function draw(canvas, values, highest) {
  const scale = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  const context = canvas.getContext("2d");
  if (!width || !height || !context) return;
  canvas.width = width;
  canvas.height = height;
  context.fillStyle = getComputedStyle(canvas).color;
  const step = 3 * scale;
  for (let x = 0; x < width; x += step) {
    const part = values.subarray(
      Math.floor((x / width) * values.length),
      Math.max(Math.floor((x / width) * values.length) + 1, Math.ceil(((x + step) / width) * values.length)),
    );
    const bar = Math.max(scale, (Math.max(...part) / (highest || 1)) * height * 0.92);
    context.fillRect(x, (height - bar) / 2, 2 * scale, bar);
  }
}
