/** What blind listening shows instead of names, and the order in which it shows it. */

const LETTERS = "ABCDEFGHI";

/** @param {number} index of a source among those shown */
export const letter = (index) => LETTERS[index];

/**
 * The order 0 to count - 1 shuffled by the browser's source of secrets, each order as likely as any other.
 * @param {number} count
 */
export function shuffled(count) {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
