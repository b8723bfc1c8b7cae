/** A result as a file. */

import { fetchFile } from "./fetched.js";
import { save } from "./saving.js";

/**
 * Saves the sound of a run as FLAC, under its own name.
 * @param {import("./report-types.js").Run} run
 */
export async function download({ url, file }) {
  save(await fetchFile(url), `${file.replace(/^.*\//, "").replace(/\.\w+$/, "")}.flac`);
}
