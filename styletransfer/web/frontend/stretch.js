/**
 * The stretch of a recording that is used: where it begins, how long it may last, and how it moves. All in seconds;
 * `length` is the recording's, `width` what the settings ask for at most.
 */

const SHORTEST_S = 0.1; // of a stretch that a start leaves: one that leaves less is beyond the end

/**
 * The latest start that leaves the whole width, or as much of it as the recording has.
 * @param {number} width
 * @param {number} length
 */
export function latestStart(width, length) {
  return Math.max(0, Math.floor((length - Math.min(width, length)) * 100) / 100);
}

/**
 * Its ends, inside the recording.
 * @param {number} start
 * @param {number} width
 * @param {number} length
 * @returns {[number, number]}
 */
export function ends(start, width, length) {
  const from = Math.min(Math.max(start, 0), length);
  return [from, Math.min(from + width, length)];
}

/**
 * A start in tenths of a second that leaves the whole width.
 * @param {number} start
 * @param {number} width
 * @param {number} length
 */
export function fitted(start, width, length) {
  return Math.min(Math.max(Math.round(start * 10) / 10, 0), latestStart(width, length));
}

/**
 * The same start, unless it is beyond the end of a recording that has just come: then the latest one.
 * @param {number} start
 * @param {number} width
 * @param {number} length
 */
export function broughtBack(start, width, length) {
  return start > 0 && start > length - Math.min(SHORTEST_S, width) ? latestStart(width, length) : start;
}

/**
 * Where a key takes it, or null for other keys: arrows by a tenth of a second, with shift by one, pages by its width.
 * @param {string} key
 * @param {boolean} shift
 * @param {number} start
 * @param {number} width
 * @param {number} length
 */
export function afterKey(key, shift, start, width, length) {
  const small = shift ? 1 : 0.1;
  /** @type {Record<string, number>} */
  const steps = {
    ArrowLeft: -small,
    ArrowDown: -small,
    ArrowRight: small,
    ArrowUp: small,
    PageDown: -width,
    PageUp: width,
    Home: -Infinity,
    End: Infinity,
  };
  return key in steps ? fitted(Math.min(Math.max(start + steps[key], 0), length), width, length) : null;
}

/**
 * A length as people write it: 42 or 13.3.
 * @param {number} seconds
 */
export function plain(seconds) {
  return String(Math.round(seconds * 10) / 10);
}

/**
 * What is read out: "from 3.0 to 13.0 s of 42 s".
 * @param {number} from
 * @param {number} to
 * @param {number} length
 */
export function inWords(from, to, length) {
  return `from ${from.toFixed(1)} to ${to.toFixed(1)} s of ${plain(length)} s`;
}

/**
 * The same for the eye, in minutes where there are some: "3.0–13.0 of 42 s", "1:03–1:13 of 2:00", or the length alone.
 * @param {number} from
 * @param {number} to
 * @param {number} length
 * @param {boolean} [isWhole] whether the recording is known to be no longer
 */
export function inShort(from, to, length, isWhole = true) {
  const inMinutes = length >= 60;
  const whole = (isWhole ? "" : "more than ") + (inMinutes ? clock(length) : `${plain(length)} s`);
  if (to - from >= length - 0.05) return whole;
  const show = inMinutes ? clock : (/** @type {number} */ seconds) => seconds.toFixed(1);
  return `${show(from)}–${show(to)} of ${whole}`;
}

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
