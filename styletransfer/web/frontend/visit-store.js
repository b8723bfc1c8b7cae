/** The results of the visit, as the browser keeps them. */

/** @returns {Promise<import("./types.js").Entry[]>} oldest first */
export async function results() {
  return [];
}
