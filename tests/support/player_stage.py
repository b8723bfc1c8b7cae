"""A page with nothing but players, without a server: what a browser asks for is answered from here.

Signals are float WAVs, so that what is recorded can be compared with them sample by sample.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import soundfile
from playwright.sync_api import Locator, Page, Route

from styletransfer.web.parts import player
from styletransfer.web.parts.player import Source

ORIGIN = "http://localhost"  # a secure context, as audio worklets need
RATE_HZ = 44_100
MIME = {".js": "text/javascript", ".css": "text/css"}

TAP = """
registerProcessor("tap", class extends AudioWorkletProcessor {
  process([[channel]]) {
    if (channel) this.port.postMessage({ samples: channel.slice(), end: currentFrame + channel.length });
    return true;
  }
})
"""


class Stage:
    """A page that shows players of signals by name, and records what they play."""

    def __init__(self, page: Page, signals: dict[str, np.ndarray]) -> None:
        self.page, self.signals = page, signals
        page.route(f"{ORIGIN}/**", self._answer)
        page.goto(f"{ORIGIN}/")

    def _answer(self, route: Route) -> None:
        path = Path(urlsplit(route.request.url).path)
        static = player.STATIC / path.name
        signal = path.stem.removeprefix("file=")
        if path.suffix == ".wav" and signal in self.signals:
            buffer = io.BytesIO()
            soundfile.write(buffer, self.signals[signal], RATE_HZ, "FLOAT", format="WAV")
            route.fulfill(body=buffer.getvalue(), content_type="audio/wav")
        elif path.suffix in MIME and static.exists():
            route.fulfill(path=static, content_type=MIME[path.suffix])
        elif path.name == "":
            head = player.HEAD + '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            body = '<input id="elsewhere"><button id="other">Other</button><div id="stage"></div>'
            route.fulfill(body=f"<!doctype html>{head}<title>Players</title>{body}", content_type="text/html")
        else:
            route.fulfill(status=404)

    def show(self, names: Sequence[str], *, mode: str = "switch", lufs: Sequence[float] = ()) -> Locator:
        """A player of the signals with these names, ready to play."""
        levels = lufs or [-20.0] * len(names)
        described = zip(names, levels, strict=True)
        sources = [Source(name=f"Name of {name}", role="result", path=f"{name}.wav", lufs=x) for name, x in described]
        html = player.switch(sources) if mode == "switch" else player.fader(sources)
        self.page.locator("#stage").evaluate("(stage, html) => (stage.innerHTML = html)", html)
        self.page.locator("st-player .play:enabled").wait_for()
        return self.page.locator("st-player")

    def record(self) -> None:
        """From now on, when what plays has faded in, it is kept."""
        self.page.evaluate(
            """async (tap) => {
                const { transport } = document.querySelector("st-player");
                const { output } = transport;
                const code = URL.createObjectURL(new Blob([tap], { type: "text/javascript" }));
                await output.context.audioWorklet.addModule(code);
                const mono = { channelCount: 1, channelCountMode: "explicit" };
                const node = new AudioWorkletNode(output.context, "tap", mono);
                const isFadingIn = () => !(output.context.currentTime > transport.deck?.begunAt + 0.05);
                while (isFadingIn()) await new Promise((done) => setTimeout(done, 10));
                window.recorded = [];
                window.frameNow = () => Math.ceil(output.context.currentTime * output.context.sampleRate);
                node.port.onmessage = ({ data: { samples, end } }) => {
                    window.recorded.push(...samples);
                    window.recordedUntil = end;
                };
                output.connect(node);
                node.connect(output.context.destination);
            }""",
            TAP,
        )

    def hear(self, seconds: float) -> None:
        """Waits until so much more than has been played by now is recorded, however late the browser hands it over."""
        until = self.page.evaluate("frameNow()") + round(seconds * RATE_HZ)
        self.page.wait_for_function("until => window.recordedUntil >= until", arg=until)

    def recorded(self) -> np.ndarray:
        return np.array(self.page.evaluate("window.recorded"), np.float64)

    def render(self, seconds: float, script: str) -> np.ndarray:
        """What a deck of all signals plays offline; `script` may use `Deck`, `context`, `buffers` and `levels`."""
        names = list(self.signals)
        return np.array(
            self.page.evaluate(
                """async ([names, length, rate, address, script]) => {
                    const deck = await import(`${address}/mixer.js`);
                    const { load } = await import(`${address}/recordings.js`);
                    const buffers = await load(names.map((name) => `gradio_api/file=${name}.wav`));
                    const context = new OfflineAudioContext(1, length, rate);
                    const levels = names.map(() => 1);
                    new Function("deck", "context", "buffers", "levels", script)(deck, context, buffers, levels);
                    return [...(await context.startRendering()).getChannelData(0)];
                }""",
                [names, round(seconds * RATE_HZ), RATE_HZ, f"./{player.ADDRESS}", script],
            ),
            np.float64,
        )

    def state(self, expression: str) -> Any:
        return self.page.evaluate(f"(() => {{ const p = document.querySelector('st-player'); return {expression} }})()")
