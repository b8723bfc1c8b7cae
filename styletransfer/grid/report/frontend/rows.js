/** Which rows of the table are shown, and in which order. */

/**
 * @typedef {import("./report-types.js").Column} Column
 * @typedef {import("./report-types.js").Run} Run
 */

/**
 * Sorted by a column: numbers by their values, text as people sort it, and what has no value last, either way.
 * @param {Run[]} runs
 * @param {number} place of the column
 * @param {boolean} numeric
 * @param {boolean} descending
 */
export function sorted(runs, place, numeric, descending) {
  const sign = descending ? -1 : 1;
  return runs.toSorted((a, b) => {
    const [[textA, valueA], [textB, valueB]] = [a.cells[place], b.cells[place]];
    if (!numeric) return sign * textA.localeCompare(textB, undefined, { numeric: true });
    if (valueA === null || valueB === null) return Number(valueA === null) - Number(valueB === null);
    return sign * (valueA - valueB);
  });
}

/**
 * Whether a run has all of the words in its cells or notes, and the texts that are chosen.
 * @param {Run} run
 * @param {string} words
 * @param {Map<number, string>} chosen by the place of the column
 */
export function matches({ cells, notes }, words, chosen) {
  if ([...chosen].some(([place, text]) => text !== "" && cells[place][0] !== text)) return false;
  const whole = [...cells.map(([text]) => text), ...notes].join("\n").toLocaleLowerCase();
  return words
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

/**
 * The texts of a column by which rows can be chosen, each once; none where there are fewer than two.
 * @param {Run[]} runs
 * @param {number} place
 */
export function choicesOf(runs, place) {
  const texts = [...new Set(runs.map(({ cells }) => cells[place][0]))];
  const inOrder = texts.toSorted((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return texts.length > 1 ? inOrder : [];
}
