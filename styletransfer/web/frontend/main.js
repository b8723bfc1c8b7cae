/**
 * The page's entry: repairs and keys that hold for the whole page, and the element <st-player>.
 *
 * Gradio starts the modules of components, and calls those of clicks, by itself (`mount` and `call` in __init__.py).
 * They are loaded here so that a click finds its module there: browsers allow copying only right after it.
 */

import * as acceptedTypes from "./accepted-types.js";
import * as accessibility from "./accessibility.js";
import * as exclusivePlayback from "./exclusive-playback.js";
import * as held from "./held.js";
import * as help from "./help.js";
import * as playerKeys from "./player-keys.js";
import * as runState from "./run-state.js";
import "./deck.js";
import "./dock.js";
import "./keeping.js";
import "./listening-maker.js";
import "./piles.js";
import "./player.js";
import "./preview.js";
import "./several.js";
import "./sharing.js";
import "./shelf.js";
import "./take.js";
import "./visit.js";

for (const module of [acceptedTypes, accessibility, exclusivePlayback, held, help, playerKeys, runState])
  module.start();
