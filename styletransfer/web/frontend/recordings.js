/** Fetches and decodes recordings ahead of playing, at the rate of all results, and keeps the latest ones. */

export const RATE_HZ = 44100;
const KEPT = 16;
const decoded = new Map();

/** One mono AudioBuffer for each URL, all as long as the longest; shorter ones end in silence. */
export async function load(urls) {
  const buffers = await Promise.all(urls.map(decode));
  const length = Math.max(...buffers.map((buffer) => buffer.length));
  return buffers.map((buffer) => {
    if (buffer.length === length && buffer.numberOfChannels === 1) return buffer;
    const padded = new AudioBuffer({ length, numberOfChannels: 1, sampleRate: buffer.sampleRate });
    padded.copyToChannel(buffer.getChannelData(0), 0);
    return padded;
  });
}

function decode(url) {
  const known = decoded.get(url) ?? fetchAndDecode(url);
  decoded.delete(url);
  decoded.set(url, known);
  known.catch(() => decoded.delete(url));
  if (decoded.size > KEPT) decoded.delete(decoded.keys().next().value);
  return known;
}

async function fetchAndDecode(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status}`);
  // An offline context decodes before the visitor has touched the page, when a live one may not run yet.
  return new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(await answer.arrayBuffer());
}

/** The largest magnitude in each of `count` equal parts of a recording, times `level`. */
export function peaks(buffer, count, level) {
  const samples = buffer.getChannelData(0);
  return Float32Array.from({ length: count }, (_, i) => {
    const end = Math.ceil(((i + 1) * samples.length) / count);
    let peak = 0;
    for (let j = Math.floor((i * samples.length) / count); j < end; j++) peak = Math.max(peak, Math.abs(samples[j]));
    return peak * level;
  });
}

/** Peaks as bars from the middle of a canvas, in its own text colour; `highest` fills its height. */
export function draw(canvas, values, highest) {
  const scale = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (!width || !height) return;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
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
