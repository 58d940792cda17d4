"""Which errors are the same."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.log_fingerprints import LONGEST_TITLE, Fingerprint, fingerprint_of, normalised

NODE = """TypeError: Cannot read properties of undefined
    at syncOrder (/app/build/orders/sync.{build}.js:{line}:15)
    at async Object.<anonymous> (/app/build/worker.js:33:5)
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"""
PYTHON = """Traceback (most recent call last):
  File "/srv/app/worker.py", line {line}, in main
    run()
  File "/srv/app/jobs/sync.py", line 99, in run
    raise ValueError
  File "/usr/lib/python3/site-packages/httpx/_client.py", line 1, in send
ValueError: no"""


def of(message: str, stack: str = "", type_: str = "Error", module: str = "orders") -> str:
    return fingerprint_of(type_, message, stack, module).value


class TestTheSame:
    @pytest.mark.parametrize(
        ("one", "another"),
        [
            ("Order 123 is missing", "Order 98765 is missing"),
            ("took 1.5 s", "took 1,234.5 s"),
            ("no order #12", "no  order\n#13"),
            ("user ada@example.com", "user grace.hopper@mail.example.org"),
            ("GET https://a.example/b?c=d failed", "GET http://x.example/ failed"),
            ("shop tea-and-time.myshopify.com", "shop books.myshopify.com"),
            ("id 550e8400-e29b-41d4-a716-446655440000", "id 123E4567-E89B-12D3-A456-426614174000"),
            ("at 2026-01-31T09:00:00.123Z", "at 2025-12-01 10:11:12"),
            ("from 10.1.2.3", "from 192.168.100.200"),
            ("commit 4f3a2b1c9d", "commit deadbeef0123"),
            ("address 0x7ffe", "address 0xDEADBEEF"),
            ("key cart_a1b2c3d4e5f6", "key cart_z9y8x7w6v5u4"),
            ('column "name"', 'column "address of the customer"'),
            ("no such key 'a'", "no such key 'b c'"),
            ("no template `one`", "no template `two`"),
        ],
    )
    def test_but_for_names_and_numbers(self, one: str, another: str) -> None:
        assert of(one) == of(another)

    def test_wherever_the_line_is_now_and_whatever_the_build_is_called(self) -> None:
        old, new = NODE.format(build="4f3a2b1c", line=120), NODE.format(build="9e8d7c6b", line=133)
        assert of("no", old) == of("no", new)
        assert of("no", PYTHON.format(line=1)) == of("no", PYTHON.format(line=2))

    def test_in_whatever_module_where_the_place_is_known(self) -> None:
        stack = NODE.format(build="4f3a2b1c", line=1)
        assert of("no", stack, module="a") == of("no", stack, module="b")


class TestNotTheSame:
    @pytest.mark.parametrize(
        "another",
        [
            fingerprint_of("RangeError", "no such order", "", "orders"),
            fingerprint_of("Error", "no such shop", "", "orders"),
            fingerprint_of("Error", "no such order", "", "shops"),
            fingerprint_of("Error", "no such order", "at other (/app/build/other.js:1:2)", "orders"),
        ],
    )
    def test_with_another_type_message_place_or_module(self, another: Fingerprint) -> None:
        assert of("no such order") != another.value


class TestThePlace:
    @pytest.mark.parametrize(
        ("stack", "culprit"),
        [
            (NODE.format(build="4f3a2b1c", line=1), "syncOrder (orders/sync.*.js)"),
            (PYTHON.format(line=1), "run (jobs/sync.py)"),
            ("#0 /srv/app/src/Order.php(123): Order->sync()\n#1 {main}", "Order->sync (src/Order.php)"),
            ("app/models/order.rb:12:in `sync'", "sync (models/order.rb)"),
            ("sync@https://cdn.example.com/assets/main-4f3a2b1c9d.js?v=1:1:2345", "sync (assets/main-*.js)"),
            ("at com.example.Order.sync(Order.java:12)", "com.example.Order.sync (Order.java)"),
            ("at send (/app/node_modules/got/index.js:1:2)", "send (got/index.js)"),
            ("nothing that looks like a frame", None),
        ],
    )
    def test_is_the_newest_frame_of_our_own_code(self, stack: str, culprit: str | None) -> None:
        assert fingerprint_of("Error", "no", stack, "orders").culprit == culprit


class TestTheTitle:
    def test_has_no_names_and_numbers(self) -> None:
        found = fingerprint_of("TypeError", "order 12 of ada@example.com: 'x' is no number", "", "orders")
        assert found.title == "TypeError: order <n> of <email>: <text> is no number"

    def test_does_not_repeat_the_type_and_is_never_empty(self) -> None:
        assert fingerprint_of("TypeError", "TypeError: no", "", "orders").title == "TypeError: no"
        assert fingerprint_of("TypeError", "", "", "orders").title == "TypeError"
        assert fingerprint_of("", "", "", "orders").title == "An error without a message"
        assert len(fingerprint_of("E", "word " * 200, "", "orders").title) == LONGEST_TITLE


def test_fingerprints_of_earlier_versions_are_found_again() -> None:
    """These are stored: a change here makes every group a new one."""
    assert of("Order 123 of 'Ada' is missing") == "850ba9e402abaa45"
    assert of("no", NODE.format(build="4f3a2b1c", line=1), "TypeError") == "da9bfb8136665787"
    assert of("no", PYTHON.format(line=1), "ValueError") == "209fc344a6b3c15a"


@pytest.mark.parametrize("part", ["a", "'", "a@", "1.", "0x", "a-", "a_", "<", "://", "at a (", "\n", "2026-"])
def test_no_text_takes_long(part: str) -> None:
    text = part * (10_000 // len(part))
    started = time.process_time()
    normalised(text)
    fingerprint_of("Error", text, text, "orders")
    assert time.process_time() - started < 0.5


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_has_one(type_: str, message: str, stack: str, module: str) -> None:
    found = fingerprint_of(type_, message, stack, module)
    assert len(found.value) == 16
    assert found == fingerprint_of(type_, message, stack, module)
