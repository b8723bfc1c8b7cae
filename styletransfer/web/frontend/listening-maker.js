/** Makes a blind listening test of the results that are chosen in Compare; the links to it stay in this browser. */

import { config } from "./config.js";
import { read } from "./database.js";
import { button, make } from "./elements.js";
import { fetchFile } from "./fetched.js";
import { UNEVEN, itemsOf } from "./listening-items.js";
import { keep } from "./visit-store.js";

/** @typedef {import("./types.js").Entry} Entry */

/**
 * @typedef {object} Kind
 * @property {string} key
 * @property {string} label what listeners do
 * @property {string} question "" where there are several, which are fixed
 * @property {number} fewest results of one recording
 * @property {number} most
 *
 * @typedef {object} Known
 * @property {boolean} isOn whether the server keeps tests
 * @property {Kind[]} kinds
 * @property {[trials: number, about: string][]} trials of ABX
 * @property {number} usual of these
 * @property {[key: string, name: string][]} ready tests that come along
 *
 * @typedef {object} Made
 * @property {string} title
 * @property {string} test address
 * @property {string} results address
 * @property {string} [about] what it asks of each listener; links of before lack it
 *
 * @typedef {{ fault: string } | Made} Told
 */

const MADE = "tests"; // where their links are kept

const OFF =
  "Blind listening tests for others: start the page with --data and the name of a folder, where tests and answers are kept.";

const ALONG =
  "Or one that comes along, with a name, a question and sounds of its own; code, end and boxes are as above:";

/** @param {import("./types.js").Component & import("./types.js").Uploading} component */
export function mount({ element, trigger, watch, props, upload }) {
  const { isOn, kinds, trials, usual, ready } = config().listening;
  if (!isOn) {
    element.append(make("p", { class: "st-hint" }, OFF));
    return;
  }
  /** @type {Entry[]} */
  let chosen = [];
  const fields = fieldsOf(kinds, trials, usual);
  const said = make("p", { role: "status" });
  const done = make("div", { class: "st-test-links" });
  const press = button("Make the test", () => send());
  const form = make("div", { class: "st-test" }, ...Object.values(fields).map((field) => field.parentElement ?? field));
  const along = make("p", { class: "st-test-ready" }, ALONG);
  const askFor = (/** @type {string} */ key) =>
    trigger("make", { definition: JSON.stringify({ ready: key, ...chosenIn(fields) }) });
  along.append(...ready.map(([key, name]) => button(name, () => askFor(key))));
  const summary = make("summary", {}, "Make a blind listening test of them");
  element.append(make("details", {}, summary, form, press, along, said, done));

  const kind = () => /** @type {Kind} */ (kinds.find(({ key }) => key === fields.kind.value));

  function show() {
    const { question } = kind();
    fields.question.placeholder = question;
    shown(fields.question, question !== "");
    shown(fields.trials, fields.kind.value === "abx");
    shown(fields.beside, fields.kind.value === "closer");
    const fault = faultOf(chosen, kind());
    press.disabled = fault !== "";
    said.textContent = fault;
  }

  async function send() {
    const items = itemsOf(chosen, config().fields) ?? [];
    press.disabled = true;
    said.textContent = "Bringing the sounds …";
    try {
      trigger("make", { definition: JSON.stringify(definitionOf(fields, await uploaded(items, upload))) });
      said.textContent = "Making the test …";
    } catch {
      press.disabled = false;
      said.textContent = "A sound could not be sent. Try again.";
    }
  }

  watch("value", async () => {
    /** @type {Told} */
    const told = JSON.parse(String(props.value));
    show();
    if ("fault" in told) {
      said.textContent = told.fault;
      return;
    }
    done.prepend(...linksOf(told));
    await keep("page", MADE, [told, ...((await read("page", MADE)) ?? [])]);
  });
  read("page", MADE).then((made) => done.append(...(made ?? []).flatMap(linksOf)));
  fields.kind.addEventListener("change", show);
  document.addEventListener("st-chosen", ({ detail }) => {
    chosen = detail;
    show();
  });
  show();
}

/**
 * What keeps these results from being such a test, "" if nothing does.
 * @param {Entry[]} chosen
 * @param {Kind} kind
 */
function faultOf(chosen, { fewest, most }) {
  const items = chosen.length ? itemsOf(chosen, config().fields) : [];
  if (!items) return UNEVEN;
  const count = Object.keys(items[0]?.sounds ?? {}).length;
  if (count >= fewest && count <= most) return "";
  const wanted = fewest === most ? `${fewest}` : `${fewest} to ${most}`;
  return `Choose ${wanted} results of the same recordings above: such a test compares so many.`;
}

/**
 * @param {Kind[]} kinds
 * @param {Known["trials"]} trials
 * @param {number} usual
 */
function fieldsOf(kinds, trials, usual) {
  const fields = {
    title: make("input", { type: "text", maxlength: 100, value: "Which is better?" }),
    kind: choice(kinds.map(({ key, label }) => [key, label])),
    question: make("input", { type: "text", maxlength: 300 }),
    beside: choice([
      ["style", "the style"],
      ["content", "the content"],
    ]),
    trials: choice(trials.map(([count, about]) => [String(count), `${count}: ${about}`])),
    code: make("input", {
      type: "text",
      maxlength: 60,
      placeholder: "none: whoever has the link",
      autocomplete: "off",
    }),
    closes: make("input", { type: "datetime-local" }),
    restarts: make("input", { type: "checkbox" }),
    peeks: make("input", { type: "checkbox" }),
  };
  fields.trials.value = String(usual);
  label("Name of the test", fields.title);
  label("What listeners do", fields.kind);
  label("Question", fields.question);
  label("X is", fields.beside);
  label("Trials for each listener", fields.trials);
  label("Code that listeners need", fields.code);
  label("Open until", fields.closes);
  label("Changing the sound starts from the beginning", fields.restarts);
  label("Show me answers before it closes", fields.peeks);
  return fields;
}

/**
 * @param {string} text
 * @param {HTMLElement} field
 */
function label(text, field) {
  const isBox = field instanceof HTMLInputElement && field.type === "checkbox";
  const around = make("label", {}, text);
  if (isBox) around.prepend(field);
  else around.append(field);
}

/** @param {[value: string, text: string][]} options */
function choice(options) {
  return make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
}

/**
 * @param {HTMLElement} field
 * @param {boolean} isShown
 */
function shown(field, isShown) {
  /** @type {HTMLElement} */ (field.parentElement).hidden = !isShown;
}

/**
 * @param {ReturnType<typeof fieldsOf>} fields
 * @param {import("./listening-items.js").Item[]} items with paths in place of addresses
 */
function definitionOf(fields, items) {
  const { title, kind, question, beside, trials } = fields;
  return {
    title: title.value,
    kind: kind.value,
    question: question.value,
    beside: beside.value,
    trials: Number(trials.value),
    items,
    ...chosenIn(fields),
  };
}

/**
 * What is chosen for every test, whatever is heard in it.
 * @param {ReturnType<typeof fieldsOf>} fields
 */
function chosenIn({ code, closes, restarts, peeks }) {
  return {
    code: code.value.trim(),
    closes: closes.value ? new Date(closes.value).toISOString() : "",
    restarts: restarts.checked,
    peeks: peeks.checked,
  };
}

/**
 * The same items with the paths that their sounds have on the server, each brought once.
 * @param {import("./listening-items.js").Item[]} items
 * @param {import("./types.js").Uploading["upload"]} upload
 */
async function uploaded(items, upload) {
  /** @type {Map<string, Promise<string>>} */
  const paths = new Map();
  /** @param {string} url */
  const bring = async (url) => {
    const blob = await fetchFile(url);
    return (await upload(new File([blob], "sound.wav", { type: blob.type }))).path;
  };
  /** @param {Record<string, string>} addresses */
  const all = async (addresses) => {
    const pairs = Object.entries(addresses).map(async ([name, url]) => {
      paths.set(url, paths.get(url) ?? bring(url));
      return [name, await paths.get(url)];
    });
    return Object.fromEntries(await Promise.all(pairs));
  };
  return Promise.all(
    items.map(async ({ label, sounds, references }) => ({
      label,
      sounds: await all(sounds),
      references: await all(references),
    })),
  );
}

/** @param {Made} told */
function linksOf({ title, test, results, about }) {
  return [
    make("h4", {}, title),
    link("For listeners", test, about ? `Send this link. Each listener gets ${about}.` : "Send this link."),
    link("For you alone", results, "Keep this link: whoever has it sees the results."),
  ];
}

/**
 * @param {string} text
 * @param {string} address relative to the page
 * @param {string} hint
 */
function link(text, address, hint) {
  const { href } = new URL(address, document.baseURI);
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(href);
    copy.textContent = "Copied";
  });
  return make("p", {}, make("a", { href, target: "_blank", rel: "noopener" }, text), copy, make("small", {}, hint));
}
