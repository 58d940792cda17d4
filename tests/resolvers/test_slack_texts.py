"""What Slack is sent: text that stays text."""

from hypothesis import given
from hypothesis import strategies as st

from resolvers.slack_texts import LONGEST_SECTION, MOST_LINES, News, digest_of, escaped, message_of


def test_a_message_says_which_app_and_links_to_us() -> None:
    message = message_of(News("Tea & Cakes installed the app", "Banners", "https://example.com/a?b=1&c=2"))
    said = "*Banners*: Tea &amp; Cakes installed the app <https://example.com/a?b=1&amp;c=2|Open>"
    assert message["text"] == said
    assert message["blocks"] == [{"type": "section", "text": {"type": "mrkdwn", "text": said, "verbatim": True}}]
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_what_people_write_makes_no_links_and_calls_nobody() -> None:
    hostile = "<!channel> <@U0001> <https://evil.example|our bank> @here @Channel @everyone @group a@channel.example"
    said = message_of(News(hostile))["text"]
    assert "<" not in said
    assert not any(call in said.lower() for call in ("@here", "@channel", "@everyone", "@group"))


def test_a_link_that_is_none_is_left_out() -> None:
    for link in ("javascript:alert(1)", "https://a.example/ b", "https://a.example/\n|x>", "", "/tickets/1"):
        assert message_of(News("text", link=link))["text"] == "text"
    assert message_of(News("text", link="https://a.example/|<!here>"))["text"] == (
        "text <https://a.example/%7C%3C!here%3E|Open>"
    )


def test_control_characters_and_bidirectional_marks_are_spaces() -> None:
    assert escaped("a\x00b\u202ec\nd", 100) == "a b c\nd"


def test_a_digest_keeps_the_order_in_one_line_each() -> None:
    message = digest_of([News(f"number {number}\nsecond line", "Banners") for number in range(3)])
    assert message["text"].split("\n") == ["3 more:", *(f"• *Banners*: number {n} second line" for n in range(3))]


def test_the_longest_digest_is_within_slacks_limits() -> None:
    message = digest_of([News("&" * 5000, "A" * 200, "https://example.com/" + "x" * 280)] * MOST_LINES)
    assert len(message["text"]) <= 40_000
    assert len(message["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"])


@given(st.text(), st.integers(10, 200))
def test_escaped_text_is_as_long_as_it_may_be_and_not_cut_within_an_entity(text: str, most: int) -> None:
    written = escaped(text, most)
    assert len(written) <= most
    rest = written.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(rest) & set("&<>")


@given(st.text(max_size=6000), st.none() | st.text(max_size=300), st.none() | st.text(max_size=100))
def test_a_message_is_within_slacks_limits(text: str, about: str | None, link: str | None) -> None:
    (block,) = message_of(News(text or "x", about, link))["blocks"]
    assert len(block["text"]["text"]) <= LONGEST_SECTION + 100
