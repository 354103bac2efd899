"""Whatever is quicker than Python's own JSON reader reads the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_chilipiper.api.http.decoding import ClosedTime, decode, opened

START = "2026-11-02T09:00:00Z"
SLOT = {"startTime": START, "attendees": [{"type": "StrictRoundRobinAssignee", "userId": "u-1", "required": True}]}
NAMES = (
    st.sampled_from(["schedulingData", "startTimes", "startTime", "start", "attendees", 'a "startTimes" b', "é"])
    | st.text()
)
TEXTS = st.text(st.characters()) | st.just(START)  # half surrogate pairs among them
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
SLOTS = st.fixed_dictionaries({"startTime": TEXTS, "attendees": LEAVES}, optional={"start": TEXTS, "more": LEAVES})
SCHEDULING = st.fixed_dictionaries(
    {"startTimes": st.lists(SLOTS | TEXTS)},
    optional={"timeoutInMS": LEAVES, "failures": st.lists(SLOTS | LEAVES) | LEAVES},
)
OF_CONCIERGE = st.fixed_dictionaries(
    {"schedulingData": SCHEDULING}, optional={"a": SCHEDULING | LEAVES | st.lists(SLOTS)}
)
VALUES = OF_CONCIERGE | st.recursive(
    LEAVES | st.lists(SLOTS | TEXTS),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(NAMES, inner)
        | st.fixed_dictionaries({"startTimes": st.lists(SLOTS | TEXTS)}, optional={"routeId": inner, "later": inner})
    ),
)


def same(plain: Any, read: Any, name: str = "") -> bool:
    """Whether *read* is *plain*, where nothing is closed but start times, and nothing lost of these."""
    if isinstance(read, ClosedTime) and name == "startTimes":
        closed = [plain.get(name) for name in ("startTime", "start", "attendees")]
        return same(closed, [read.start_time, read.start, opened(bytes(read.attendees))])
    if isinstance(plain, dict) and isinstance(read, dict):
        return [*plain] == [*read] and all(same(plain[name], read[name], name) for name in plain)
    if isinstance(plain, list) and isinstance(read, list):
        return len(plain) == len(read) and all(same(*pair, name) for pair in zip(plain, read, strict=True))
    return repr(plain) == repr(read)  # NaN is not equal to itself, and True is to 1


def is_refused(content: bytes) -> bool:
    try:
        decode(content)
    except ValueError:
        return True
    return False


@settings(max_examples=60)
@given(VALUES, st.booleans())
def test_it_reads_as_python_does(value: Any, in_ascii: bool) -> None:
    """All shapes, start times anywhere in them, in ASCII or not."""
    content = json.dumps(value, ensure_ascii=in_ascii).encode(errors="surrogatepass")
    assert same(json.loads(content), decode(content))


@settings(max_examples=60)
@given(VALUES, st.data())
def test_a_damaged_text_reads_as_python_does(value: Any, data: st.DataObject) -> None:
    """The same, or ValueError from both."""
    content = bytearray(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 2))] = data.draw(
        st.sampled_from([b"", b'"', b"]", b"\\", b"\xff", b",", b"0"])
    )
    try:
        plain = json.loads(bytes(content))
    except ValueError:
        assert is_refused(bytes(content))
    else:
        assert same(plain, decode(bytes(content)))


@pytest.mark.parametrize(
    "hole", ["NaN", "-Infinity", "1e999", '"\\ud800"', '"\udcff"', "1" * 400, "[" * 200 + "]" * 200]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    ["%s", '{"a": %s}', '{"startTimes": [{"startTime": "x", "attendees": %s}]}', '{"startTimes": ["x", %s], "a": {}}'],
)
def test_it_is_as_tolerant_as_python(text: str, hole: str, encoding: str) -> None:
    """What stands in an answer that nobody asked for is no reason not to read it."""
    content = (text % hole).encode(encoding, errors="surrogatepass")
    assert same(json.loads(content), decode(content))


@pytest.mark.parametrize("content", [b"", b" ", b"ok", b"{", b"[1,]", b"\xff", b'{"a": 01}', b"[" * 100_000])
@pytest.mark.parametrize("text", [b"%b", b'{"startTimes": [{"startTime": "x", "attendees": %b}]}'])
def test_what_is_no_json_is_a_value_error(text: bytes, content: bytes) -> None:
    """Also where it would have stayed closed."""
    assert is_refused(text % content)


@pytest.mark.parametrize(
    "answer",
    [
        {"routeId": "r", "schedulingData": {"startTimes": [SLOT, {**SLOT, "anything": {"else": 1}}]}},
        {"schedulingData": {"startTimes": [SLOT, SLOT], "failures": [SLOT]}},
        {"schedulingData": {"startTimes": [SLOT, SLOT]}, "assignment": {"users": [{"id": "u-1"}]}},
        {"routeId": "r", "startTimes": [{"start": START}, START, SLOT]},
        {"routers": [{"pathResults": [{"startTimes": [SLOT]}, {"later": {"startTimes": [SLOT, SLOT]}}]}]},
    ],
)
def test_start_times_of_each_pattern_stay_closed(answer: Any) -> None:
    """Nobody's attendees are read, which are most of a long answer; all around them is as it was sent."""
    assert same(answer, decode(json.dumps(answer).encode()))
    times = list(start_times(decode(json.dumps(answer, indent=1).encode())))
    assert [item for item in times if not isinstance(item, (ClosedTime, str))] == []
    assert len(times) >= 2


def start_times(value: Any) -> Any:
    """All that stand in it, wherever."""
    inner = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for name, each in inner:
        yield from each if name == "startTimes" else start_times(each)


def test_a_start_time_of_an_unknown_shape_leaves_none_closed() -> None:
    """Whoever reads start times meets those of one answer as they were sent, or finds out what is wrong with them."""
    odd = [SLOT, {"startTime": 5}]
    assert decode(json.dumps({"startTimes": odd}).encode()) == {"startTimes": odd}


@pytest.mark.parametrize("closed", [b"[" * 100_000, b"9" * 5000], ids=["deep", "long"])
def test_what_cannot_be_opened_is_nothing(closed: bytes) -> None:
    """It is opened in the middle of a booking, which shall not fail of it."""
    assert opened(closed) is None
