"""What every answer has: headers that keep browsers from doing more than the page needs, and cookies that stay here."""

from __future__ import annotations

from collections.abc import Iterable

from styletransfer.web.guard.refusals import Message

PERMISSIONS = "camera=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), microphone=(self)"

Header = tuple[bytes, bytes]


def policy(frame_ancestors: str) -> str:
    """The page's Content-Security-Policy.

    Gradio has scripts and styles within its page, and makes functions of text (`js`, templates of HTML): those two are
    allowed. Nothing comes from another server and nothing goes to one."""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        )
    )


def defaults(frame_ancestors: str) -> dict[bytes, bytes]:
    """Headers of an answer that does not have them."""
    headers = {
        "content-security-policy": policy(frame_ancestors),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
    }
    if frame_ancestors == "'none'":  # the older header cannot name anybody else
        headers["x-frame-options"] = "DENY"
    return {name.encode(): value.encode() for name, value in headers.items()}


def finish(message: Message, added: dict[bytes, bytes], *, is_https: bool) -> Message:
    """The start of an answer as it leaves: with headers that it lacked, lax cookies, and nothing for other origins."""
    kept = [_header(pair, is_https) for pair in message.get("headers", ())]
    kept = [(name, value) for name, value in kept if not name.startswith(b"access-control-")]
    names = {name for name, _ in kept}
    if b"content-security-policy" in names:  # it says itself who may frame it
        added = {name: value for name, value in added.items() if name != b"x-frame-options"}
    return {**message, "headers": [*kept, *((name, value) for name, value in added.items() if name not in names)]}


def _header(pair: Iterable[bytes], is_https: bool) -> Header:
    name, value = pair
    name = bytes(name).lower()
    return (name, cookie(bytes(value), is_https=is_https) if name == b"set-cookie" else bytes(value))


def cookie(value: bytes, *, is_https: bool) -> bytes:
    """A Set-Cookie that scripts cannot read and other sites' pages do not send, over https alone where there is one."""
    ours = (b"samesite", b"httponly", b"secure")
    parts = [part.strip() for part in value.split(b";")]
    kept = [part for part in parts[1:] if part and part.partition(b"=")[0].lower() not in ours]
    secure = [b"Secure"] if is_https else []
    return b"; ".join([parts[0], *kept, b"HttpOnly", b"SameSite=Lax", *secure])
