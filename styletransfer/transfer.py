"""The whole pipeline: two or more recordings in, the content in the texture of the styles out.

Sounds are mono float arrays `(n_samples,)` at SAMPLE_RATE_HZ; spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`.
Nothing here prints, touches files or global state; the same inputs, settings and machine give the same output.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer import audio, excerpts, network, objective, optimise, phase, spectrogram
from styletransfer.objective import Losses
from styletransfer.settings import MAX_STYLES, SAMPLE_RATE_HZ, VERSION, Settings, SettingsError

REFERENCE_LUFS = -20.0
"""Loudness that recordings are brought to before they are compared: log(1 + m) is not linear in level."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished iteration."""

    stage: str
    """ "solve" """
    iteration: int
    """from 1 within the stage"""
    iterations: int
    """most that the stage can take"""
    total: float
    content_loss: float
    style_loss: float
    correlation: float
    """Pearson's, of the output's and the content's log magnitudes"""
    elapsed_s: float
    """since the transfer began"""


OnStep = Callable[[Step], bool | None]


@dataclass(frozen=True, slots=True)
class Result:
    """A finished or stopped transfer."""

    sound: np.ndarray
    """`(n_samples,)` float32: the content's length and loudness, at most -1 dBFS"""
    sample_rate_hz: int
    spectrogram: np.ndarray
    """`(n_frames, n_freqs)` float32: log magnitudes as solved, before a phase was found for them"""
    history: tuple[Step, ...]
    solved: Losses
    """of `spectrogram`"""
    delivered: Losses
    """of `sound`, re-analysed: what is heard"""
    stop_reason: str
    settings: Settings
    seconds_by_stage: dict[str, float]
    versions: dict[str, str]

    def report(self) -> dict:
        """Everything but the sound and the spectrogram, ready for JSON."""
        kept = (f.name for f in dataclasses.fields(self) if f.name not in ("sound", "spectrogram"))
        return {name: _plain(getattr(self, name)) for name in kept}


def stylize(
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: Settings | None = None,
    *,
    on_step: OnStep | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Result:
    """Play `content` in the texture of `styles`.

    `content` and each of the one to four `styles` are mono recordings `(n_samples,)` at 44,100 Hz, at any level, already
    cut to their start; what is longer than `settings.seconds` (content) or `settings.style_seconds` (style) is left off.
    `on_step` is called after each iteration; returning True ends the solve, and the best so far becomes the result.
    `clock` gives seconds. Raises audio.AudioError for a recording that cannot be used, SettingsError for settings that
    do not fit the recordings.
    """
    settings = settings or Settings()
    stopwatch = _Stopwatch(clock)
    content, styles = _checked(content, styles, settings)
    loudness = audio.loudness(content)
    with jax.enable_x64(True):  # losses are differences of large sums
        job = _Job(content, styles, settings)
        stopwatch.lap("prepare")
        history: list[Step] = []
        solution = job.solve(history, on_step, stopwatch.elapsed)
        stopwatch.lap("solve")
        sound = job.sound(solution.x)
        stopwatch.lap("phase")
        sound = audio.limit_peak(audio.at_loudness(sound, loudness))
        solved, delivered = job.losses(solution.x), job.losses_heard(sound)
        stopwatch.lap("measure")
    return Result(
        sound=sound,
        sample_rate_hz=SAMPLE_RATE_HZ,
        spectrogram=np.asarray(solution.x[: job.n_frames]),
        history=tuple(history),
        solved=solved,
        delivered=delivered,
        stop_reason=solution.stop_reason,
        settings=settings,
        seconds_by_stage=stopwatch.laps,
        versions=_versions(),
    )


class _Job:
    """One content, its styles and their settings, made ready for the device."""

    def __init__(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> None:
        self.settings = settings
        self.n_samples = len(content)
        self.padded_content, self.n_frames = self._level(content)
        self.content_frames = self._log_magnitude(self.padded_content)
        own = excerpts.Excerpts(np.asarray(self.content_frames), (self.n_frames,), (1.0,))
        others = excerpts.join([self._frames(style) for style in styles], settings.style_weights)
        filters = network.fast_filters(
            network.random_filters(settings.seed, settings.kernel_width, settings.n_fft // 2 + 1, settings.filters)
        )
        self.goal = objective.Goal(
            target=objective.network_target(own, others, filters, settings.kernel_width),
            content_frames=self.content_frames,
            n_frames=jnp.asarray(self.n_frames),
            alpha=jnp.asarray(settings.alpha),
            beta=jnp.asarray(settings.beta),
        )

    def solve(self, history: list[Step], on_step: OnStep | None, elapsed: Callable[[], float]) -> optimise.Solution:
        """The log magnitudes that lower the weighted total; each iteration is added to `history`."""
        settings = self.settings

        def on_iteration(report: optimise.Report) -> bool | None:
            content, correlation = report.terms
            step = Step(
                stage="solve",
                iteration=report.iteration,
                iterations=settings.iterations,
                total=report.value,
                content_loss=content,
                style_loss=(report.value - settings.alpha * content) / settings.beta,
                correlation=correlation,
                elapsed_s=elapsed(),
            )
            history.append(step)
            return on_step(step) if on_step else None

        return optimise.minimise(
            objective.weighted_total,
            self._start(),
            self.goal,
            method=settings.optimizer,
            iterations=settings.iterations,
            learning_rate=settings.learning_rate,
            on_iteration=on_iteration,
        )

    def sound(self, log_magnitudes: jax.Array) -> np.ndarray:
        """`(n_samples,)`: a sound with these magnitudes, as nearly as there is one."""
        settings = self.settings
        if settings.phase_init == "content":
            start = spectrogram.stft(self.padded_content, settings.n_fft, settings.hop_length)
        else:
            start = phase.random_phase(settings.seed, log_magnitudes.shape)
        sound = phase.griffin_lim(
            spectrogram.magnitude_of_log(log_magnitudes),
            start,
            self.n_samples,
            hop_length=settings.hop_length,
            padded_samples=self.padded_content.shape[0],
            iterations=settings.griffin_lim_iterations,
            momentum=settings.griffin_lim_momentum,
        )
        return np.asarray(sound[: self.n_samples])

    def losses(self, log_magnitudes: jax.Array) -> Losses:
        """The three losses of log magnitudes `(n_frames, n_freqs)`."""
        total, content, style = (float(loss) for loss in _losses(log_magnitudes, self.goal))
        return Losses(total, content, style)

    def losses_heard(self, sound: np.ndarray) -> Losses:
        """The three losses of a sound `(n_samples,)`, treated like any recording."""
        return self.losses(self._log_magnitude(self._level(sound)[0]))

    def _level(self, sound: np.ndarray) -> tuple[jax.Array, int]:
        """The sound at the reference loudness, padded with silence to fill a whole bucket of frames, and how many of
        those frames are its own."""
        hop_length = self.settings.hop_length
        n_frames = spectrogram.frame_count(len(sound), hop_length)
        padding = excerpts.bucket(n_frames) * hop_length - 1 - len(sound)
        level = audio.at_loudness(sound, REFERENCE_LUFS).astype(np.float32)
        return jnp.asarray(np.pad(level, (0, padding))), n_frames

    def _frames(self, sound: np.ndarray) -> np.ndarray:
        padded, n_frames = self._level(sound)
        return np.asarray(self._log_magnitude(padded)[:n_frames])

    def _log_magnitude(self, sound: jax.Array) -> jax.Array:
        return spectrogram.log_magnitude_spectrogram(sound, self.settings.n_fft, self.settings.hop_length)

    def _start(self) -> jax.Array:
        if self.settings.init == "content":
            return self.content_frames
        shape = self.content_frames.shape
        return jnp.abs(jax.random.normal(jax.random.key(self.settings.seed), shape, jnp.float32))


@jax.jit
def _losses(frames: jax.Array, goal: objective.Goal) -> tuple[jax.Array, jax.Array, jax.Array]:
    content, style = objective.network_losses(frames, goal.target)
    return goal.alpha * content + goal.beta * style, content, style


class _Stopwatch:
    """Seconds since it was made, and seconds between laps by name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.begun = self.last = clock()
        self.laps: dict[str, float] = {}

    def elapsed(self) -> float:
        return self.clock() - self.begun

    def lap(self, name: str) -> None:
        now = self.clock()
        self.laps[name], self.last = now - self.last, now


def _checked(
    content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The recordings cut to the lengths that the settings allow. Raises AudioError or SettingsError."""
    if not 1 <= len(styles) <= MAX_STYLES:
        raise SettingsError(f"{len(styles)} styles were given; use 1 to {MAX_STYLES}.")
    if settings.style_weights and len(settings.style_weights) != len(styles):
        raise SettingsError(
            f"{len(settings.style_weights)} style weights for {len(styles)} styles; give one for each, or none."
        )
    shortest = settings.shortest_samples
    cut = [_cut("content", content, settings.seconds, shortest)]
    for i, style in enumerate(styles, 1):
        name = "style" if len(styles) == 1 else f"style {i}"
        cut.append(_cut(name, style, settings.style_seconds, shortest))
    return cut[0], cut[1:]


def _cut(name: str, sound: np.ndarray, seconds: float, shortest_samples: int) -> np.ndarray:
    sound = np.asarray(sound)
    if sound.ndim != 1:
        raise audio.AudioError(f"The {name} has shape {sound.shape}; give one channel, as an array (n_samples,).")
    sound = sound[: round(seconds * SAMPLE_RATE_HZ)]
    audio.check(sound, name=name, shortest_samples=shortest_samples)
    return sound


def _versions() -> dict[str, str]:
    packages = ("jax", "jaxlib", "optax", "numpy", "scipy", "soxr", "pyloudnorm")
    return {"styletransfer": VERSION} | {name: importlib.metadata.version(name) for name in packages}


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
