"""The owner's page as HTML: the report, files to keep, the listeners, and what can be closed and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from styletransfer.listening import trials
from styletransfer.listening.plan import Plan
from styletransfer.listening.results.blocks import Block, Heading, Listed, Paragraph, Plot, Table
from styletransfer.listening.results.reading import Person, Results
from styletransfer.listening.results.report import SHORT, report

HIDDEN = ("answers.csv", "listeners.csv", "results.zip")
"""Files that there are once the results are shown"""
SAYS = {
    "answers.csv": "every answer, for a spreadsheet",
    "listeners.csv": "the listeners and their comments",
    "results.json": "everything, for programs",
    "results.md": "this report as text, to paste",
    "results.zip": "all of these with the plots",
}


def body(plan: Plan, found: Results, files: Iterable[str]) -> str:
    """HTML of the page's body; `files` are the names of its exports."""
    address = escape(plan.owner_key)
    blocks = "".join(_html(block, address) for block in report(found))
    return f"""
<main class="results" data-address="{address}">
<h1>{escape(found.title)}</h1>
<p id="fault" class="fault" role="alert"></p>
<p class="small">Whoever has this page's address can read and delete everything here. Listeners get
<a href="../../{escape(plan.key)}">the link of the test</a>, and each of them {trials.effort(plan)}.</p>
{blocks}
{_files(found, files, address)}
{_listeners(found)}
{_ending(found)}
<p id="told" class="unseen" role="status"></p>
</main>"""


def _html(block: Block, address: str) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>\n"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>\n"
        case Listed(lines):
            return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>\n"
        case Plot(name, says):
            file = f"{address}/plots/{escape(name)}"
            return (
                f'<figure><div class="wide" role="region" tabindex="0" aria-label="Plot {escape(name)}">'
                f'<img src="{file}.svg" alt="{escape(says)}" loading="lazy"></div>'
                f'<figcaption class="small">This plot as <a href="{file}.svg" download="{escape(name)}.svg">SVG</a> or '
                f'<a href="{file}.png" download="{escape(name)}.png">PNG</a></figcaption></figure>\n'
            )
        case Table(caption, head, rows, is_aside):
            table = _table(caption, head, [[escape(cell) for cell in row] for row in rows])
            return f"<details><summary>{escape(caption)}</summary>\n{table}</details>\n" if is_aside else table


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls inside itself; the cells are HTML."""
    if not rows:
        return ""
    titles = "".join(f'<th scope="col">{escape(cell)}</th>' if cell else "<td></td>" for cell in head)
    lines = "".join(
        f'<tr><th scope="row"><div>{first}</div></th>{"".join(f"<td><div>{cell}</div></td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>\n"
    )


def _files(found: Results, files: Iterable[str], address: str) -> str:
    items = "".join(
        f'<li><a href="{address}/{escape(name)}" download>{escape(name)}</a>: {SAYS[name]}</li>'
        for name in files
        if found.are_shown or name not in HIDDEN
    )
    later = "" if found.are_shown else "<p>Answers one by one, and comments, can be had once the test is closed.</p>"
    return f"<h2>Files to keep</h2>\n<ul>{items}</ul>\n{later}"


def _listeners(found: Results) -> str:
    if not found.listeners:
        return "<h2>Listeners</h2>\n<p>Nobody has begun yet.</p>"
    head = ("listener", "began (UTC)", "finished (UTC)", "answers", "left out because", "comment", "delete")
    rows = [_listener(person) for person in found.listeners]
    return (
        "<h2>Listeners</h2>\n<p>They are numbered as they began. Deleting one takes all that this listener said out of "
        f"everything, for good; backups keep it.</p>\n{_table('Listeners', head, rows)}"
    )


def _listener(person: Person) -> list[str]:
    number = f"listener {person.number}"
    return [
        str(person.number),
        _short(person.begun),
        _short(person.finished) or "not yet",
        f"{person.n_answers} of {person.n_trials}",
        escape(_left_out(person)),
        f'<div class="typed">{escape(person.comment)}</div>',
        _button(
            "remove",
            f"Delete {number}",
            f"Press again: {number} is deleted",
            f' data-number="{person.number}" data-begun="{escape(person.begun)}"',
        ),
    ]


def _short(moment: str) -> str:
    """A moment for a narrow column; it is kept as UTC."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}" if moment else ""


def _left_out(person: Person) -> str:
    if not person.is_complete:
        return "has not answered all"
    return ", ".join(SHORT[rule] for rule in person.reasons or ())


def _ending(found: Results) -> str:
    parts = []
    if found.is_open:
        parts = [
            "<h2>Close the test</h2>",
            "<p>Then nobody can answer any more, and the results are shown. It cannot be opened again.</p>",
            f"<p>{_button('close', 'Close it now', 'Press again: it is closed for good')}</p>",
        ]
    parts += [
        "<h2>Delete the test</h2>",
        "<p>Its sounds and all answers are deleted, for good; backups keep them.</p>",
        f"<p>{_button('delete', 'Delete it all', 'Press again: everything is deleted')}</p>",
        '<p id="scriptless" class="fault">The buttons need JavaScript. All else on this page does not.</p>',
    ]
    return "\n".join(parts)


def _button(act: str, text: str, again: str, data: str = "") -> str:
    """A button that acts when it is pressed twice; its script enables it."""
    return f'<button type="button" disabled data-act="{act}" data-again="{escape(again)}"{data}>{escape(text)}</button>'
