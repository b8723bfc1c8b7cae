"""Who may open the page: a text file of one `user:password` a line."""

from __future__ import annotations

from pathlib import Path

from styletransfer.errors import StyleTransferError


class LoginsError(StyleTransferError):
    """The file cannot be used; the message is a sentence that holds no password."""


def read(path: Path) -> list[tuple[str, str]]:
    """The users and passwords in a file. Empty lines and lines that begin with # are left out; the password is all that
    stands after the first colon. Raises LoginsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise LoginsError(f"{path} could not be read: {reason}. Give a file of user:password lines.") from error
    logins: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.partition(":")
        user = user.strip()
        if not (user and colon and password.strip()):
            raise LoginsError(f"Line {number} of {path} is not of the form user:password. Correct it, or remove it.")
        if user in logins:
            raise LoginsError(f"Line {number} of {path} names {user} a second time. Give each user one line.")
        logins[user] = password
    if not logins:
        raise LoginsError(f"{path} holds nobody, so nobody could open the page. Give at least one user:password line.")
    return list(logins.items())
