"""The first step of the listener's page, which needs no script to be read."""

from __future__ import annotations

from html import escape

from styletransfer.listening import trials
from styletransfer.listening.plan import MAX_TEXT, Kind, Plan
from styletransfer.listening.records import MAX_COMMENT
from styletransfer.listening.results.report import moment

TASKS = {
    Kind.ABX: "You hear two sounds, A and B, and then X, which is one of the two. Each time you say which one it is.",
    Kind.PREFERENCE: "You hear two sounds at a time, A and B, and say which of them you like better.",
    Kind.CLOSER: "You hear two sounds at a time, A and B, and a third one, X. You say which of the two is closer to X.",
    Kind.RATING: "You hear one sound at a time and rate it from 1 to 5.",
    Kind.SEVERAL: "You hear several sounds beside one another and rate each of them from 0 to 100.",
}
ADVICE = (
    "Take a quiet place, and headphones if you have some. You may stop at any time, and go on later where you were."
)
STORED = (
    "What is kept: your answers and a comment if you write one, how long you listened to what, how often you changed "
    "the sound, how long each answer took, when you began, answered and finished, whether you use headphones, and a "
    "random number that stands for this browser. No name and no address. Whoever sent you the link can read and delete "
    "it all."
)


def body(plan: Plan) -> str:
    """HTML of the page's body: the first step, and where the others will be."""
    limits = f'data-test="{escape(plan.key)}" data-max-comment="{MAX_COMMENT}"'
    return f"""
<header id="top"><p id="title">{escape(plan.title)}</p><p id="count" hidden></p></header>
<div id="segments" aria-hidden="true" hidden></div>
<p id="banner" role="status"></p>
<p id="fault" class="fault" role="alert"></p>
<main id="steps" {limits}>
<section class="step" id="welcome">
<h1 tabindex="-1">{escape(plan.title)}</h1>
<p>{TASKS[plan.kind]}</p>
<p>{_extent(plan)} {ADVICE}</p>
<form id="begin">
{_code() if plan.code else ""}
<fieldset class="choices"><legend>What do you listen with?</legend>
<label><input type="radio" name="output" value="headphones" required><span>Headphones</span></label>
<label><input type="radio" name="output" value="loudspeakers" required><span>Loudspeakers</span></label>
</fieldset>
<p class="small">{STORED}</p>
<p class="fault" id="begin-fault" role="alert"></p>
<div class="actions"><button class="primary" disabled>Agree and begin</button></div>
</form>
<noscript><p class="fault">This page needs JavaScript. Switch it on, and load the page again.</p></noscript>
</section>
</main>
<p id="saved" role="status"></p>"""


def _extent(plan: Plan) -> str:
    """How much it is, and until when; a script writes the moment as clocks show it where the listener is."""
    closes = f'<time datetime="{escape(plan.closes)}">{escape(moment(plan.closes))}</time>'
    until = f" It is open until {closes}." if plan.closes else ""
    return f"It has {trials.effort(plan)}.{until}"


def _code() -> str:
    return (
        '<p class="field"><label for="code">The code from your invitation</label>'
        f'<input id="code" name="code" required maxlength="{MAX_TEXT}" autocomplete="off" autocapitalize="none" '
        'spellcheck="false"></p>'
    )
