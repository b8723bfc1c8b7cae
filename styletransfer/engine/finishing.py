"""What a sound still lacks when it is made: the content's notes, a beat, the content's stereo image, and the mastering.

Sounds are `(n_samples,)` at `spectral_loudness.REFERENCE_LUFS`, finished ones `(n_samples,)` or `(n_samples, 2)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from styletransfer.engine import beat, image, loudness, mosaic, partials, spectral_envelope
from styletransfer.engine.mastering import Mastering, mastering
from styletransfer.engine.recordings import Clip
from styletransfer.engine.shapes import HostChannels, HostSound, MonoOrStereo, PaddedSound
from styletransfer.engine.style_target import StyleTarget
from styletransfer.settings import MOSAIC, Settings


@dataclass(frozen=True)
class Finishing:
    """How any sound that was made of one content is finished."""

    settings: Settings
    clip: Clip
    style: StyleTarget
    mastering: Mastering
    beat: beat.Goal | None
    """that of the finished sound; None where there is none to give it"""
    stereo: HostChannels | None
    """the content's channels, levelled as `clip` is, whose image the result is to have; None where it has one"""

    def finish(self, sound: PaddedSound | HostSound, *, is_draft: bool = False) -> MonoOrStereo:
        """Make the result of a sound: see `unmastered`, and master it."""
        return self.mastering.finish(self.unmastered(sound, is_draft=is_draft))

    def unmastered(self, sound: PaddedSound | HostSound, *, is_draft: bool = False) -> MonoOrStereo:
        """Give a sound what it lacks: the content's notes, the beat that `rhythm` asks for, the content's stereo image.

        Takes `(n_samples,)` or more; returns `(n_samples,)` or `(n_samples, 2)` float32. A draft of what is solved for
        goes without its notes and beat, which take longer than all the rest.
        """
        settings, heard = self.settings, np.asarray(sound)[: self.clip.n_samples]
        if settings.follows_sliders and not (is_draft and settings.engine != MOSAIC):
            heard = self._with_notes(heard)
            heard = self.beat.brought_to(heard, self.mastering.finish) if self.beat else heard
        return heard if self.stereo is None else image.with_image_of(heard, self.clip.unpadded(), self.stereo)

    def _with_notes(self, heard: HostSound) -> HostSound:
        settings = self.settings
        if settings.engine == MOSAIC:
            power = mosaic.wanted_power(self.clip, self.style.clips, self.style.shares, settings.strength)
        elif settings.melody:
            power = spectral_envelope.mean_power(heard)
        else:
            return heard
        sung = partials.with_partials(heard, self.clip.unpadded(), partials.amount_of(settings.melody))
        return spectral_envelope.equalised(sung, power)


def finishing(clip: Clip, style: StyleTarget, settings: Settings, stereo: HostChannels | None) -> Finishing:
    """Prepare how the sounds of a content are finished beside its styles.

    `stereo` are the content's two channels, of which `clip` is the mono mix. With raw losses there are no notes and no
    beat to give: what is solved for is left as it is.
    """
    level = clip.loudness_lufs if stereo is None else loudness.integrated_loudness(stereo)
    leader = style.clips[int(np.argmax(style.shares))]
    wanted = None
    if settings.follows_sliders:
        wanted = beat.goal(clip.unpadded(), leader.unpadded(), settings.rhythm / 100, clip.begin)
    return Finishing(
        settings=settings,
        clip=clip,
        style=style,
        mastering=mastering(clip, style, level, settings),
        beat=wanted,
        stereo=None if stereo is None else (stereo * clip.gain).astype(np.float32),
    )
