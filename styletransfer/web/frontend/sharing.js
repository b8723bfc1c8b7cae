// Copies a link to the settings, or saves them as a file: both in the browser, so that they work at once while a
// transfer runs, and a copy follows the click as browsers ask. A function expression; sharing.py calls it with what the
// page knows, and the values of the preset, all controls, styles and weights. Returns the link, for the field that
// shows it.
(action, known, preset, ...values) => {
  const settings = {};
  known.names.forEach((name, i) => { settings[name] = values[i]; });
  const styles = values.slice(known.names.length, known.names.length + known.maxStyles);
  const weights = values.slice(known.names.length + known.maxStyles).filter((_, i) => styles[i]);
  settings.style_weights = new Set(weights).size > 1 ? weights : [];

  const usual = known.presets[preset];
  const link = new URL(location.href);
  link.hash = "";
  for (const name of [...known.names, "style_weights", "preset"]) link.searchParams.delete(name);
  link.searchParams.set("preset", preset);
  for (const [name, value] of Object.entries(settings)) {
    // An empty box has nothing to say.
    if (value === null || value === "" || String(value) === String(usual[name])) continue;
    link.searchParams.set(name, String(value));
  }
  // Commas are allowed in a query, and easier to read.
  const address = link.href.replaceAll("%2C", ",");

  const copyByHand = () => {
    // Browsers have no clipboard for pages that came without encryption from another machine.
    const field = document.createElement("textarea");
    field.value = address;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  if (action === "copy") {
    history.replaceState(history.state, "", address);
    if (navigator.clipboard) navigator.clipboard.writeText(address).catch(copyByHand);
    else copyByHand();
  } else {
    const content = JSON.stringify({ styletransfer: known.version, preset, settings }, null, 2) + "\n";
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    anchor.download = "style-transfer-settings.json";
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 60000);
  }
  return address;
}
