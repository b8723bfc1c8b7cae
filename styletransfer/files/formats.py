"""The formats that are read: one table for the decoders, the page, the README and what people are told.

docs/formats.md is made of it by `python -m tools.formats_table`.
"""

from __future__ import annotations

from typing import NamedTuple

from styletransfer.files import decode_child

SOUNDFILE = decode_child.LIBSNDFILE
"""libsndfile, for what it reads without ever having been at fault: plain samples and FLAC."""


class Format(NamedTuple):
    """A kind of file."""

    name: str
    endings: tuple[str, ...]
    decoder: str
    """SOUNDFILE, or FFmpeg's name for what takes the file apart"""
    codings: str
    """what is read in it, for people"""


WAV = Format(
    "WAV",
    (".wav",),
    SOUNDFILE,
    "PCM of 8 to 32 bits, float, mu-law, A-law; extensible, ambisonic, big-endian (RIFX) too",
)
CODED_WAV = Format("WAV with other codings", (".wav",), "wav", "MS and IMA ADPCM, GSM 6.10, MP3; without a length")
FLAC = Format("FLAC", (".flac",), SOUNDFILE, "8 to 24 bits")
RF64 = Format("RF64 or BW64", (".wav", ".rf64"), "wav", "as WAV")
W64 = Format("W64", (".w64",), "w64", "as WAV")
AIFF = Format("AIFF or AIFC", (".aiff", ".aif", ".aifc"), "aiff", "PCM, float, mu-law, A-law, IMA ADPCM")
CAF = Format("CAF", (".caf",), "caf", "PCM, float, ALAC, AAC, IMA ADPCM")
AU = Format("AU", (".au", ".snd"), "au", "PCM, float, mu-law, A-law")
MP3 = Format("MP3", (".mp3", ".mp2"), "mp3", "MPEG layers II and III, from any byte on")
AAC = Format("AAC", (".aac",), "aac", "ADTS streams")
OGG = Format("Ogg", (".ogg", ".oga", ".opus"), "ogg", "Vorbis, Opus, FLAC; joined streams, all of them")
MP4 = Format("M4A, MP4 or MOV", (".m4a", ".mp4", ".mov", ".3gp"), "mov", "AAC, ALAC, PCM; the first sound of a film")
MATROSKA = Format("WebM or Matroska", (".webm", ".mkv", ".mka"), "matroska", "Opus, Vorbis, AAC, PCM, FLAC")
WMA = Format("WMA", (".wma", ".asf"), "asf", "Windows Media Audio")
WAVPACK = Format("WavPack", (".wv",), "wv", "PCM and float, lossless or not")
AMR = Format("AMR", (".amr",), "amr", "narrow and wide band")
FORMATS = (WAV, CODED_WAV, FLAC, RF64, W64, AIFF, CAF, AU, MP3, AAC, OGG, MP4, MATROSKA, WMA, WAVPACK, AMR)

SENTENCE = "WAV, FLAC, MP3, AAC, Ogg, M4A, MP4, MOV, WebM, WMA, AIFF, CAF, AU, W64, RF64, WavPack or AMR"
"""For refusals and for the README."""
ENDINGS = tuple(dict.fromkeys(ending for each in FORMATS for ending in each.endings))
