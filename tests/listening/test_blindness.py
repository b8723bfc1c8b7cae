"""Nothing that a listener's browser gets tells which condition plays: all traffic of whole sessions of every kind."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from starlette.testclient import TestClient
from support import listening_tests
from support.listening_tests import CONDITIONS, ITEMS, answer_to, listener_of

from styletransfer.listening.pages import dithered
from styletransfer.listening.plan import Kind
from styletransfer.listening.store import Store

STEPS = 2
"""Of 16 bit, by which two answers with the same sound may differ."""
ALLOWED = {"content-type", "content-length", "cache-control", "content-security-policy", "referrer-policy"}
ALLOWED |= {"x-robots-tag", "x-content-type-options"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One item is stereo, the other is not."""
    folder = tmp_path_factory.mktemp("store")
    plans = [listening_tests.plan(kind) for kind in Kind]
    (folder / "sounds").mkdir()
    with Store(folder / "data") as opened:
        for plan in plans:
            files = listening_tests.sounds(plan, folder / "sounds", 0.5)
            for name in (*plan.items[0].sounds.values(), *plan.items[0].references.values()):
                samples, rate_hz = soundfile.read(files[name])
                soundfile.write(files[name], np.stack([samples, 0.5 * samples], axis=1), rate_hz, "PCM_16")
            opened.add_test(plan, files)
        yield opened


def samples_of(wav: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(wav), dtype="int16", always_2d=True)[0].astype(np.int32)


class Traffic:
    """Everything that one session of a listener brings into the browser."""

    def __init__(self, store: Store, kind: Kind) -> None:
        client, test = TestClient(listening_tests.app(store)), f"/listen/test-{kind}"
        self.texts: list[str] = []
        self.sounds: dict[tuple[str, str], Any] = {}

        def keep(response: Any) -> Any:
            assert response.status_code == 200
            self.texts.append(f"{response.headers}{response.text}")
            return response

        keep(client.get(test))
        begun = keep(client.post(f"{test}/begin", json={"listener": listener_of(kind), "output": "headphones"})).json()
        self.session = store.session(begun["session"])
        for name, trial in [("practice", begun["trials"][0]), *((f"{i}", t) for i, t in enumerate(begun["trials"]))]:
            for slot in answer_to(trial, 0)["heard"]:
                self.sounds[name, slot] = client.get(f"{test}/sound/{self.session.key}/{name}/{slot}")
        for index, trial in enumerate(begun["trials"]):
            answer = answer_to(trial, index) | {"session": self.session.key, "trial": index, "key": f"answer-{index}"}
            keep(client.post(f"{test}/answer", json=answer))
        keep(client.post(f"{test}/finish", json={"session": self.session.key, "comment": ""}))


@pytest.fixture(scope="module", params=Kind)
def traffic(request: pytest.FixtureRequest, store: Store) -> Traffic:
    return Traffic(store, request.param)


def test_no_text_names_a_condition_an_item_or_a_file(traffic: Traffic) -> None:
    names = [*CONDITIONS, *CONDITIONS.values(), *ITEMS, *ITEMS.values(), ".wav", "reference:", "repeat", "identical"]
    everything = "\n".join(traffic.texts).lower()
    assert [name for name in names if name.lower() in everything] == []
    assert "owner-of-this-test" not in everything


def test_sounds_of_an_item_have_one_size_and_the_same_headers(traffic: Traffic) -> None:
    told: dict[str, set[str]] = {}
    for (name, _), response in traffic.sounds.items():
        item = traffic.session.trials[0 if name == "practice" else int(name)].item
        headers = dict(response.headers)
        assert response.status_code == 200
        assert headers.keys() <= ALLOWED, "no name, no moment of change, nothing that packing would tell"
        assert headers["content-type"] == "audio/wav"
        assert headers["cache-control"] == "no-store"
        told.setdefault(item, set()).add(json.dumps(headers, sort_keys=True) + response.content[:44].hex())
    assert all(len(shapes) == 1 for shapes in told.values()), (
        "of one item, the same headers and the same head of the WAV"
    )


def test_x_is_none_of_the_other_sounds_byte_by_byte(traffic: Traffic) -> None:
    """Nor is any sound the same as in another trial; but the ear finds none different from its file."""
    contents = [response.content for response in traffic.sounds.values()]
    assert len(set(contents)) == len(contents)
    first = {slot: samples_of(traffic.sounds["0", slot].content) for slot in traffic.session.trials[0].slots}
    slots = traffic.session.trials[0].slots
    for one in slots:
        for other in slots:
            difference = np.abs(first[one] - first[other]).max()
            assert (difference <= STEPS) == (slots[one] == slots[other])


def test_the_practice_has_the_first_trial_s_sounds(traffic: Traffic) -> None:
    def near(name: str, slot: str, other: str) -> bool:
        one, two = (samples_of(traffic.sounds[each].content) for each in ((name, slot), ("0", other)))
        return bool(np.abs(one - two).max() <= STEPS)

    slots = sorted(traffic.session.trials[0].slots)
    turned = [slot for slot in slots if slot != "x"]
    is_abx = traffic.session.test == f"test-{Kind.ABX}"
    for slot, other in zip(turned, turned if is_abx else reversed(turned), strict=True):
        assert near("practice", slot, other), "in ABX A and B stay what they are"
    if "x" in slots:
        assert near("practice", "x", "x")


@given(arrays.arrays(np.int16, arrays.array_shapes(max_dims=2, max_side=50)))
def test_noise_moves_a_sample_by_one_step_at_most(samples: np.ndarray) -> None:
    moved = dithered.with_noise(samples)
    assert moved.dtype == np.int16
    assert moved.shape == samples.shape
    assert np.abs(moved.astype(int) - samples).max() <= 1


def test_noise_is_triangular_and_never_the_same() -> None:
    silence = np.zeros((200_000, 2), np.int16)
    one, two = dithered.with_noise(silence), dithered.with_noise(silence)
    assert not np.array_equal(one, two)
    shares = np.array([(one == step).mean() for step in (-1, 0, 1)])
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.005)
    assert np.mean(one * 1.0 * two) == pytest.approx(0, abs=0.01)


@given(st.sampled_from([-32768, 32767]))
def test_the_loudest_samples_do_not_wrap(value: int) -> None:
    moved = dithered.with_noise(np.full(1000, value, np.int16)).astype(int)
    assert np.abs(moved - value).max() <= 1
