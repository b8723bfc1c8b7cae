"""A page with nothing but players, without a server: what a browser asks for is answered from here.

Signals are float WAVs, so that what is recorded can be compared with them sample by sample.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import soundfile
from playwright.sync_api import Locator, Page, Route

from styletransfer.web import frontend

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


def sources_of(names: Sequence[str], lufs: Sequence[float] = (), roles: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What a player is told of the signals with these names."""
    levels, roles = lufs or [-20.0] * len(names), roles or ["result"] * len(names)
    return [
        {"name": f"Name of {name}", "role": role, "url": f"{name}.wav", "lufs": level}
        for name, level, role in zip(names, levels, roles, strict=True)
    ]


class Stage:
    """A page that shows players of signals by name, and records what they play."""

    def __init__(self, page: Page, signals: dict[str, np.ndarray]) -> None:
        self.page, self.signals = page, signals
        page.route(f"{ORIGIN}/**", self._answer)
        page.goto(f"{ORIGIN}/")

    def _answer(self, route: Route) -> None:
        path = Path(urlsplit(route.request.url).path)
        static = frontend.FOLDER / path.name
        signal = path.stem
        if path.suffix == ".wav" and signal in self.signals:
            buffer = io.BytesIO()
            soundfile.write(buffer, self.signals[signal], RATE_HZ, "FLOAT", format="WAV")
            route.fulfill(body=buffer.getvalue(), content_type="audio/wav")
        elif path.suffix in MIME and static.exists():
            route.fulfill(path=static, content_type=MIME[path.suffix])
        elif path.name == "":
            head = '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            head += frontend.scripts({"sampleRateHz": RATE_HZ})

            body = '<input id="elsewhere"><button id="other">Other</button><div id="stage"></div>'
            route.fulfill(body=f"<!doctype html>{head}<title>Players</title>{body}", content_type="text/html")
        else:
            route.fulfill(status=404)

    def show(
        self, names: Sequence[str], *, lufs: Sequence[float] = (), roles: Sequence[str] = (), attributes: str = ""
    ) -> Locator:
        """A player of the signals with these names, ready to play."""
        sources = sources_of(names, lufs, roles)
        html = f'<st-player {attributes} data-sources="{escape(json.dumps(sources))}"></st-player>'
        return self._put(html)

    def show_series(self, names: Sequence[str], **others: str) -> Locator:
        """A player whose first lane has all of the signals of these names; `others` are those of more lanes, by their
        roles."""
        sounds = sources_of(names)
        lanes = [{"name": "Series", "role": "result", "sounds": sounds}]
        lanes += [source for role, name in others.items() for source in sources_of([name], roles=[role])]
        return self._put(f'<st-player data-sources="{escape(json.dumps(lanes))}"></st-player>')

    def _put(self, html: str) -> Locator:
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
                const isFadingIn = () => !(output.context.currentTime > transport.mixer?.begunAt + 0.05);
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
        """What a mixer of all signals plays offline; `script` may use `Mixer`, `context`, `buffers` and `levels`."""
        names = list(self.signals)
        return np.array(
            self.page.evaluate(
                """async ([names, length, rate, address, script]) => {
                    const { Mixer } = await import(`${address}/mixer.js`);
                    const { load } = await import(`${address}/recordings.js`);
                    const buffers = await load(names.map((name) => `${name}.wav`));
                    const context = new OfflineAudioContext(1, length, rate);
                    const levels = names.map(() => 1);
                    new Function("Mixer", "context", "buffers", "levels", script)(Mixer, context, buffers, levels);
                    return [...(await context.startRendering()).getChannelData(0)];
                }""",
                [names, round(seconds * RATE_HZ), RATE_HZ, f"./{frontend.ADDRESS}", script],
            ),
            np.float64,
        )

    def state(self, expression: str) -> Any:
        return self.page.evaluate(f"(() => {{ const p = document.querySelector('st-player'); return {expression} }})()")
