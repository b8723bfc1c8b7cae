"""The routes of the listener's page. What they read and keep is on a disk, so they do it in threads."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from styletransfer.listening import trials
from styletransfer.listening.pages import dithered, posted, replies, static, welcome
from styletransfer.listening.pages.replies import Refused
from styletransfer.listening.plan import MAX_TEXT, Kind, ListeningError, Plan, Question, UnknownError
from styletransfer.listening.records import MAX_COMMENT, MAX_SWITCHES, Answer, Session
from styletransfer.listening.statistics import abx
from styletransfer.listening.store import Store
from styletransfer.listening.trials import Trial

PRACTICE = "practice"
"""The trial that counts for nothing."""
BESIDE = "beside"
"""The slot of a reference that is heard under its name."""

Act = Callable[[Store, Plan, dict[str, Any]], Mapping[str, Any]]


def routes(store: Store, shared_scripts: Path, script_config: Mapping[str, Any]) -> list[Route]:
    """All routes of the listener's page.

    `shared_scripts` is the folder of the main page's scripts (static.SHARED are served of it), `script_config` what
    these have to know: `sampleRateHz`.
    """

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_page, store, request.path_params["test"], script_config)

    async def hear(request: Request) -> Response:
        return await run_in_threadpool(_sound, store, **request.path_params)

    return [
        static.route(shared_scripts),
        Route("/listen/{test}", show, middleware=replies.PACKED),
        Route("/listen/{test}/sound/{session}/{trial}/{slot}", hear),
        *(_post(store, name, act) for name, act in {"begin": _begin, "answer": _answer, "finish": _finish}.items()),
    ]


def _post(store: Store, name: str, act: Act) -> Route:
    async def answer(request: Request) -> Response:
        try:
            given = await posted.read(request)
            return replies.data(await run_in_threadpool(_acted, act, store, request.path_params["test"], given))
        except Refused as refused:
            return replies.refusal(refused)

    return Route(f"/listen/{{test}}/{name}", answer, methods=["POST"], middleware=replies.PACKED)


def _acted(act: Act, store: Store, test: str, given: dict[str, Any]) -> Mapping[str, Any]:
    """What an act answers. What it does not refuse itself is the disk's doing: a browser tries it again."""
    plan = _plan(store, test)
    try:
        return act(store, plan, given)
    except Refused:
        _check_open(plan)  # which tells more than what else is wrong
        raise
    except ListeningError as error:
        raise Refused(503, str(error)) from error


def _page(store: Store, test: str, script_config: Mapping[str, Any]) -> Response:
    try:
        plan = _plan(store, test)
        _check_open(plan)
    except Refused as refused:
        title = "This test is over" if refused.status == 410 else "No test here"
        return replies.sentence_page(title, refused, static.stylesheet())
    head = static.stylesheet() + static.scripts(script_config)
    return replies.page(plan.title, welcome.body(plan), head)


def _plan(store: Store, test: str) -> Plan:
    try:
        return store.plan(test)
    except UnknownError as error:
        raise replies.no_test() from error


def _check_open(plan: Plan) -> None:
    if not plan.is_open():
        raise Refused(410, "This listening test is closed: no more answers are taken. Thank you for coming.")


def _session(store: Store, plan: Plan, key: str) -> Session:
    """The session of a key, if it is one of this test. Raises Refused, and ListeningError where it cannot be read."""
    try:
        session = store.session(key)
    except UnknownError:
        session = None
    if session is None or session.test != plan.key:
        raise Refused(404, "This listener's answers are not known here (any more). Load the page again.")
    return session


def _question(plan: Plan, trial: Trial) -> Question:
    return {question.key: question for question in plan.questions}[trial.question]


def _slots(plan: Plan, trial: Trial) -> dict[str, str]:
    """What is in each slot of a trial, the one beside it too, as `Trial.slots` has it."""
    reference = _question(plan, trial).beside
    beside = {BESIDE: trials.sound_of(reference)} if reference and "x" not in trial.slots else {}
    return dict(sorted(trial.slots.items())) | beside


def _begin(store: Store, plan: Plan, given: dict[str, Any]) -> Mapping[str, Any]:
    _check_open(plan)
    code = posted.text(given, "code", MAX_TEXT)
    if plan.code and not hmac.compare_digest(*(each.strip().casefold().encode() for each in (code, plan.code))):
        raise Refused(403, "This code is not right. Look at the invitation again, and type it once more.")
    listener = posted.key(given, "listener")
    output = posted.output(given)
    try:
        session = store.begin(plan.key, listener, output)
    except ListeningError as error:
        is_done = any(each.listener == listener and each.finished for each in store.sessions(plan.key))
        raise Refused(409 if is_done else 503, str(error)) from error
    return {
        "session": session.key,
        "answered": sorted({answer.trial for answer in store.answers_of(session.key)}),
        "trials": [_told(plan, trial) for trial in session.trials],
    }


def _told(plan: Plan, trial: Trial) -> dict[str, Any]:
    """What a browser learns of a trial."""
    question = _question(plan, trial)
    return {
        "slots": sorted(trial.slots),
        "beside": question.beside or "",
        "kind": plan.kind,
        "question": {"text": question.text, "low": question.low, "high": question.high},
        "restarts": plan.restarts,
    }


def _answer(store: Store, plan: Plan, given: dict[str, Any]) -> Mapping[str, Any]:
    _check_open(plan)
    session = _session(store, plan, posted.key(given, "session"))
    index = posted.whole(given, "trial", len(session.trials) - 1)
    trial = session.trials[index]
    try:
        value = trials.checked_answer(plan, trial, given.get("value"))
    except ListeningError as error:
        raise Refused(400, str(error)) from error
    answer = Answer(
        key=posted.key(given, "key"),
        session=session.key,
        trial=index,
        value=value,
        heard=posted.heard(given, _slots(plan, trial)),
        switches=posted.whole(given, "switches", MAX_SWITCHES),
        seconds=posted.seconds(given, "seconds"),
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
    try:
        store.put(answer)
    except ListeningError as error:  # the session was looked at above: what is left is the disk
        raise Refused(409 if session.finished else 503, str(error)) from error
    return {"saved": True}


def _finish(store: Store, plan: Plan, given: dict[str, Any]) -> Mapping[str, Any]:
    """Also of a test that has closed meanwhile, for whoever has answered everything."""
    session = _session(store, plan, posted.key(given, "session"))
    comment = posted.text(given, "comment", MAX_COMMENT)
    answers = store.answers_of(session.key)
    if missing := len(session.trials) - len(answers):
        lacks = "1 answer is" if missing == 1 else f"{missing} answers are"
        raise Refused(409, f"{lacks} missing still. Load the page again to give what is missing.")
    store.finish(session.key, comment)
    return _score(session, answers) if plan.kind is Kind.ABX else {}


def _score(session: Session, answers: Sequence[Answer]) -> Mapping[str, Any]:
    """How often X was found, and how likely guessing alone finds it so often or more."""
    slots = [session.trials[answer.trial].slots for answer in answers]
    right = sum(inside[answer.value["choice"]] == inside["x"] for inside, answer in zip(slots, answers, strict=True))
    return {"right": right, "of": len(slots), "p": abx.p_of_score(right, len(slots))}


def _sound(store: Store, test: str, session: str, trial: str, slot: str) -> Response:
    try:
        plan = _plan(store, test)
        _check_open(plan)
        name = _file(plan, _trial(plan, _session(store, plan, session), trial), slot)
    except ListeningError as error:
        return replies.refusal(Refused(503, str(error)))
    except Refused as refused:
        return replies.refusal(refused)
    try:
        return replies.sound(dithered.wav(store.sound_path(plan.key, name)))
    except ListeningError:
        sentence = "A sound of this trial is missing or damaged here. Tell whoever sent you the link."
        return replies.refusal(Refused(404, sentence))


def _trial(plan: Plan, session: Session, index: str) -> Trial:
    """The trial of an index in an address; the practice is the first one with its sounds in another order."""
    if index == PRACTICE:
        return _practice(plan, session.trials[0])
    if index.isascii() and index.isdigit() and len(index) < 6 and int(index) < len(session.trials):
        return session.trials[int(index)]
    raise Refused(404, "There is no such trial. Load the page again.")


def _practice(plan: Plan, trial: Trial) -> Trial:
    """The same sounds the other way round, but for X; in ABX, where A and B stay what they are, as they are."""
    if plan.kind is Kind.ABX:
        return trial
    turned = sorted(trial.slots.keys() - {"x"})
    slots = {slot: trial.slots[other] for slot, other in zip(turned, reversed(turned), strict=True)}
    return dataclasses.replace(trial, slots=dict(trial.slots) | slots)


def _file(plan: Plan, trial: Trial, slot: str) -> str:
    """The file of a slot."""
    item = plan.item(trial.item)
    files = dict(item.sounds) | {trials.sound_of(reference): file for reference, file in item.references.items()}
    inside = _slots(plan, trial).get(slot)
    if inside is None:
        raise Refused(404, "There is no such sound in this trial. Load the page again.")
    return files[inside]
