"""All that happened with a prospect, in one order."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from core.pages import Cursor, Page, Range, Slice
from models.email_events import EmailEventType
from models.enrollments import ExitReason
from models.prospects import Prospect, ProspectStatus
from resolvers.enrollment_exits import exit_by_reply
from resolvers.prospect_activities import ProspectActivity, ProspectActivityKind
from resolvers.prospect_moves import ProspectStatusChange, change_prospect_status
from resolvers.prospect_notes import ProspectNoteCreate, add_prospect_note, delete_prospect_note, list_prospect_notes
from resolvers.prospect_outreach import contact_for_outreach
from resolvers.prospect_timelines import list_prospect_activity
from tests.factories.apps import an_app
from tests.factories.mail import a_delivery, an_email_event
from tests.factories.people import an_actor
from tests.factories.prospects import SYSTEM, a_prospect
from tests.factories.sequences import a_sequence, an_enrollment, an_outreach_template, mail

pytestmark = pytest.mark.usefixtures("platform")


async def noted(prospect: Prospect, text: str = "Called", by: Actor = SYSTEM) -> str:
    note = await add_prospect_note(by, str(prospect.id), ProspectNoteCreate(note=text))
    return str(note.id)


async def timeline(prospect: Prospect, window: Page | Range | None = None) -> Slice[ProspectActivity]:
    return await list_prospect_activity(SYSTEM, str(prospect.id), window or Page())


async def a_life() -> Prospect:
    """Two months of somebody who was written to."""
    with clock.shifted(-timedelta(days=60)):
        ada = await a_prospect("ada@example.com")
    contact = await contact_for_outreach(ada, SYSTEM)
    delivery = await a_delivery(contact)
    for days, type_ in ((50, "queued"), (50, "sent"), (49, "delivered"), (48, "opened"), (40, "clicked")):
        at = clock.now() - timedelta(days=days)
        await an_email_event(delivery, EmailEventType(type_), at=at, created_at=at)
    at = clock.now() - timedelta(days=47)
    await an_email_event(delivery, EmailEventType.OPENED, at=at, created_at=at, is_machine=True)
    for days in (45, 30):
        with clock.shifted(-timedelta(days=days)):
            await noted(ada)
    with clock.shifted(-timedelta(days=35)):
        await change_prospect_status(SYSTEM, str(ada.id), ProspectStatusChange(status=ProspectStatus.ENGAGED))
    return ada


class TestWorks:
    async def test_all_that_happened_is_in_one_order(self) -> None:
        found = await timeline(await a_life())
        kinds = [one.kind.value for one in found.items]
        assert kinds == ["noted", "status_changed", "clicked", "noted", "opened", "sent", "added"]
        assert await found.count() == len(kinds)
        assert [one.at for one in found.items] == sorted((one.at for one in found.items), reverse=True)
        noted_, moved, clicked, *_ = found.items
        assert noted_.note is not None
        assert moved.change is not None
        assert clicked.event is not None
        assert (noted_.note.note, moved.change.after, clicked.event.type) == (
            "Called",
            ProspectStatus.ENGAGED,
            EmailEventType.CLICKED,
        )

    async def test_sequences_are_in_it_with_their_end(self) -> None:
        ada, app = await a_life(), await an_app()
        contact = await contact_for_outreach(ada, SYSTEM)
        enrollment = await an_enrollment(await a_sequence([mail(await an_outreach_template(app.id))]), contact)
        with clock.shifted(timedelta(days=1)):
            await exit_by_reply(SYSTEM, enrollment.id)
        found = await timeline(ada)
        ended, began = found.items[:2]
        assert (ended.kind.value, began.kind.value, began.by) == ("sequence_ended", "enrolled", "system:tests")
        assert ended.enrollment is not None
        assert (ended.enrollment.id, ended.enrollment.exit_reason) == (enrollment.id, ExitReason.REPLIED)
        (second,) = (await timeline(ada, Range(1, after=found.cursor_of(ended)))).items
        assert (second.id, await found.count()) == (enrollment.id, 9)

    async def test_mail_from_before_they_were_a_prospect_is_in_it(self) -> None:
        ada = await a_life()
        await Prospect.find({"_id": ada.id}).update({"$set": {"contactId": None}})
        assert ProspectActivityKind.SENT in [one.kind for one in (await timeline(ada)).items]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    async def test_cursors_lead_through_all_of_it_in_both_directions(self, limit: int) -> None:
        ada = await a_life()
        everything = [one.id for one in (await timeline(ada)).items]
        for backward in (False, True):
            walked: list[object] = []
            window = Range(limit, backward=backward)
            while True:
                found = await timeline(ada, window)
                ids = [one.id for one in found.items]
                walked = [*ids, *walked] if backward else [*walked, *ids]
                if not (found.has_previous if backward else found.has_next):
                    break
                edge = found.cursor_of(found.items[0 if backward else -1])
                window = Range(limit, before=edge, backward=True) if backward else Range(limit, after=edge)
            assert walked == everything

    async def test_pages_are_parts_of_it(self) -> None:
        ada = await a_life()
        everything = [one.id for one in (await timeline(ada)).items]
        assert [one.id for one in (await timeline(ada, Page(2, 3))).items] == everything[3:6]
        assert (await timeline(ada, Page(9, 3))).items == []

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(0, 3), max_size=8), st.integers(1, 4))
    async def test_what_happened_at_the_same_time_is_told_once(self, minutes: list[int], limit: int) -> None:
        ada = await a_prospect()
        for minute in minutes:
            with clock.shifted(timedelta(minutes=minute)):
                await noted(ada)
        seen: list[ProspectActivity] = []
        after: Cursor | None = None
        while True:
            found = await timeline(ada, Range(limit, after=after))
            seen += found.items
            if not found.has_next:
                break
            after = found.cursor_of(found.items[-1])
        assert len({one.id for one in seen}) == len(seen) == len(minutes) + 1
        assert all((newer.at, newer.id) > (older.at, older.id) for newer, older in pairwise(seen))


class TestNotes:
    async def test_they_say_who_wrote_them(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        first = await noted(ada, "Met at a fair", marketing)
        await noted(ada, "Called", marketing)
        found = await list_prospect_notes(marketing, str(ada.id), Page())
        assert [note.note for note in found.items] == ["Called", "Met at a fair"]
        assert {note.written_by for note in found.items} == {marketing.label}
        await delete_prospect_note(marketing, first)
        with pytest.raises(NotFound):
            await delete_prospect_note(marketing, first)

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_write_them(self, role: Role) -> None:
        ada = await a_prospect()
        with pytest.raises(Forbidden):
            await noted(ada, by=await an_actor(role))

    @pytest.mark.parametrize("text", ["", "  ", "x" * 5001])
    def test_a_note_says_something(self, text: str) -> None:
        with pytest.raises(ValueError, match="note"):
            ProspectNoteCreate.model_validate({"note": text})


class TestWhoMay:
    async def test_strangers_see_nothing(self) -> None:
        ada = await a_prospect()
        with pytest.raises(Unauthenticated):
            await list_prospect_activity(Actor.anonymous(), str(ada.id), Page())


class TestValidation:
    @pytest.mark.parametrize("cursor", [Cursor("tea", "tea"), Cursor(7, None)])
    async def test_a_cursor_of_another_list_is_refused(self, cursor: Cursor) -> None:
        with pytest.raises(InvalidInput) as refused:
            await timeline(await a_prospect(), Range(3, after=cursor))
        assert refused.value.field == "after"


class TestMissing:
    async def test_an_unknown_prospect_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            await list_prospect_activity(await an_actor(), "0" * 24, Page())
