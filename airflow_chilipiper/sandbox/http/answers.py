"""Answers in the error model that every operation declares (published specs 1.230 to 1.494)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Pragma": "no-cache", "Expires": "0"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes
    media_type: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Raised by an endpoint to answer with something other than 200 and its payload."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.content.decode())
        self.answer = answer


def json_answer(payload: Any, *, status: int = 200) -> Answer:
    content = json.dumps(payload, separators=(",", ":")).encode()
    return Answer(status, content, "application/json", _HEADERS if status == 200 else {})


def text_answer(text: str, *, status: int = 400, media_type: str = "text/plain; charset=UTF-8") -> Answer:
    return Answer(status, text.encode(), media_type)


def error_answer(status: int, code: str, message: str, arguments: Mapping[str, str] | None = None) -> Answer:
    envelope = {"errorCode": code, "errorMessage": message}
    return json_answer({**envelope, "arguments": dict(arguments)} if arguments else envelope, status=status)


def proxy_answer(status: int) -> Answer:
    """What something between us and the service says: HTML, no envelope."""
    page = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center><hr>proxy</body></html>"
    return text_answer(page, status=status, media_type="text/html")
