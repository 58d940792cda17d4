"""What proves that somebody was erased, and names what was forgotten."""

from typing import Any, Final
from urllib.parse import quote

import pytest

from core import clock
from core.access import ADMINS
from core.actor import Actor, Role
from core.errors import Forbidden, NotFound
from core.pages import Range, Sort
from core.runtime import Runtime
from models.email_jobs import EmailJob
from models.erasure_certificates import ErasureCertificate, ErasureStatus, Trace
from models.suppressions import SuppressionReason
from resolvers.erasure_certificates import (
    ErasureCertificateFilter,
    ErasureCertificateVerify,
    get_erasure_certificate,
    list_erasure_certificate_keys,
    list_erasure_certificates,
    verify_erasure_certificate,
)
from resolvers.erasure_documents import document_of
from resolvers.gdpr import ERASE, erase_contact, finish_erasure
from resolvers.suppressions import note_soft_bounce, suppressions_of
from tests.factories.apps import an_app
from tests.factories.attachments import a_file, uploaded
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.resolvers.test_gdpr import ADDRESS, ada_everywhere, everything_stored

pytestmark = pytest.mark.usefixtures("platform")

NEWEST: Final = Sort("createdAt", descending=True)


async def erased(contact_id: Any = None, by: Actor = SYSTEM) -> ErasureCertificate:
    certificate = (await erase_contact(by, str(contact_id or (await a_contact(ADDRESS)).id))).certificate
    assert certificate is not None
    return certificate


async def is_valid(document: Any) -> bool:
    data = ErasureCertificateVerify.model_validate({"document": document})
    return (await verify_erasure_certificate(Actor.anonymous(), data)).valid


class TestCertifying:
    async def test_of_somebody_whom_every_collection_knows_nothing_is_left(self) -> None:
        ada = await ada_everywhere()
        await note_soft_bounce(ADDRESS, at=clock.now(), source="tests")
        admin = await an_actor(Role.ADMIN)
        erasure = await erase_contact(admin, str(ada.id))
        certificate = erasure.certificate
        assert certificate is not None and certificate.scan is not None
        assert certificate.scan.found == []
        assert (certificate.status, certificate.scan.found_count) == (ErasureStatus.CLEAN, 0)
        assert certificate.erased == {name: count for name, count in erasure.counts.items() if count}
        assert (certificate.contact_id, certificate.erased_by) == (ada.id, admin.label)
        assert {(kept.collection, kept.trace, kept.count) for kept in certificate.scan.kept} == {
            ("soft_bounces", Trace.DIGEST, 1),
            ("suppressions", Trace.DIGEST, 2),
        }
        assert certificate.scan.documents > len(erasure.counts)
        assert await is_valid(document_of(certificate))

    async def test_it_has_a_digest_that_leads_to_nothing_else_and_no_address(self) -> None:
        certificate = await erased()
        assert certificate.sealed_address is None
        assert ADDRESS not in (await everything_stored()).casefold()
        (suppression,) = (await suppressions_of([ADDRESS]))[ADDRESS]
        assert suppression.reason is SuppressionReason.GDPR
        assert certificate.address_digest != suppression.digest

    async def test_it_outlives_a_life_before(self) -> None:
        certificates = [await erased(), await erased()]
        assert certificates[0].id != certificates[1].id
        assert [one.status for one in certificates] == [ErasureStatus.CLEAN] * 2


class TestScanning:
    @pytest.mark.parametrize(
        "value",
        [ADDRESS.upper(), [{"deep": {"in": [f"Ask {ADDRESS}!"]}}], f"/?to={quote(ADDRESS)}", f"<{ADDRESS}>".encode()],
        ids=["text", "nested", "in a URL", "bytes"],
    )
    async def test_a_copy_that_no_model_knows_is_found_and_named(self, platform: Runtime, value: Any) -> None:
        strange = platform.mongo.database["forgotten_by_everybody"]
        await strange.insert_one({"_id": "a-copy", "name": "Bob", "told": value})
        certificate = await erased()
        assert certificate.status is ErasureStatus.TRACES_FOUND
        assert certificate.scan is not None
        found = [one.model_dump(mode="json") for one in certificate.scan.found]
        named = {"collection": "forgotten_by_everybody", "document_id": "a-copy", "fields": ["told"]}
        assert found == [{**named, "trace": "address"}]
        assert await is_valid(document_of(certificate))

    async def test_a_digest_is_found_where_it_must_not_stay(self, platform: Runtime) -> None:
        ada = await a_contact(ADDRESS)
        await note_soft_bounce(ADDRESS, at=clock.now(), source="tests")
        kept = await platform.mongo.database["soft_bounces"].find_one({})
        assert kept is not None
        await platform.mongo.database["app_events"].insert_one({"_id": "a-copy", "of": {"digest": kept["digest"]}})
        certificate = await erased(ada.id)
        assert certificate.scan is not None
        assert [(one.collection, one.trace) for one in certificate.scan.found] == [("app_events", Trace.DIGEST)]

    async def test_it_names_no_address_where_that_is_the_name_of_something(self, platform: Runtime) -> None:
        await platform.mongo.database["forgotten_by_everybody"].insert_one({"_id": ADDRESS, ADDRESS: 1})
        certificate = await erased()
        assert certificate.scan is not None
        assert [(one.document_id, one.fields) for one in certificate.scan.found] == [("[…]", ["_id", "[…]"])]

    async def test_files_are_read_over_the_joints_of_their_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("resolvers.erasure_scans.PIECES", 1)
        monkeypatch.setattr("resolvers.attachment_files.CHUNK_SIZE", 20)
        app = await an_app()
        await uploaded(
            an_end_user(app.id, "bob@tea.example"), app.id, a_file("a.txt", b"." * 15 + b" Ask " + ADDRESS.encode())
        )
        certificate = await erased()
        assert certificate.scan is not None
        assert [one.collection for one in certificate.scan.found] == ["fs.chunks"]

    async def test_of_very_many_the_first_are_named_and_all_are_counted(
        self, platform: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("resolvers.erasure_scans.MOST_FOUND", 2)
        monkeypatch.setattr("resolvers.erasure_scans.BATCH", 2)
        copies = [{"told": ADDRESS} for _ in range(5)]
        await platform.mongo.database["forgotten_by_everybody"].insert_many(copies)
        scan = (await erased()).scan
        assert scan is not None
        assert (len(scan.found), scan.found_count) == (2, 5)


class TestScanningMuch:
    @pytest.fixture(autouse=True)
    def little_is_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("resolvers.erasure_scans.SCANNED_AT_ONCE", 2)

    async def test_is_a_job_and_the_certificate_is_open_until_then(self) -> None:
        ada = await ada_everywhere()
        certificate = await erased(ada.id)
        assert (certificate.status, document_of(certificate)) == (ErasureStatus.OPEN, None)
        assert ADDRESS not in (await everything_stored()).casefold()
        job = await EmailJob.find_one({"type": ERASE})
        assert job is not None
        signed = (await finish_erasure(SYSTEM, job.payload["contactId"])).certificate
        assert signed is not None
        assert (signed.id, signed.status) == (certificate.id, ErasureStatus.CLEAN)
        assert signed.erased["tickets"] == 1
        assert (await finish_erasure(SYSTEM, str(ada.id))).certificate is None

    async def test_files_are_much_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("resolvers.erasure_scans.SCANNED_AT_ONCE", 1000)
        monkeypatch.setattr("resolvers.erasure_scans.FILES_AT_ONCE", 10)
        app = await an_app()
        await uploaded(an_end_user(app.id), app.id, a_file("a.txt", b"eleven byte"))
        assert (await erased()).status is ErasureStatus.OPEN

    async def test_asking_again_is_the_same_job(self) -> None:
        ada = await a_contact(ADDRESS)
        assert (await erased(ada.id)).id == (await erased(ada.id)).id
        assert (await erased(ADDRESS)).contact_id == ada.id
        assert await EmailJob.find({"type": ERASE}).count() == 1


class TestBeingCutOff:
    async def test_a_scan_that_was_cut_off_is_done_by_asking_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def break_off(_: str) -> None:
            raise ConnectionError

        ada = await ada_everywhere()
        with monkeypatch.context() as cut, pytest.raises(ConnectionError):
            cut.setattr("resolvers.erasure_certifying.scan_for", break_off)
            await erase_contact(SYSTEM, str(ada.id))
        certificate = await erased(ada.id)
        assert (certificate.status, certificate.erased["tickets"]) == (ErasureStatus.CLEAN, 1)
        with pytest.raises(NotFound):
            await erase_contact(SYSTEM, str(ada.id))

    async def test_counts_of_an_erasure_in_two_attempts_are_of_both(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def break_off(*_: Any) -> int:
            raise ConnectionError

        ada = await ada_everywhere()
        with monkeypatch.context() as cut, pytest.raises(ConnectionError):
            cut.setattr("resolvers.erasing.write_shop", break_off)
            await erase_contact(SYSTEM, str(ada.id))
        certificate = await erased(ada.id)
        assert (certificate.erased["magic_links"], certificate.erased["shops"]) == (1, 1)


class TestVerifying:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("erasedBy",), "somebody else"),
            (("addressDigest",), "0" * 64),
            (("status",), "clean!"),
            (("scan", "foundCount"), 1),
            (("scan", "documents"), 10**6),
            (("erased",), []),
            (("more",), True),
        ],
    )
    async def test_a_changed_certificate_is_none(self, path: tuple[str, ...], value: Any) -> None:
        document: Any = document_of(await erased())
        assert await is_valid(document)
        place = document["certificate"]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        assert not await is_valid(document)

    async def test_nor_is_one_that_somebody_else_signed(self) -> None:
        document: Any = document_of(await erased())
        assert not await is_valid({**document, "signature": "A" * 86 + "=="})
        assert not await is_valid({"certificate": document["certificate"]})
        assert not await is_valid({})

    async def test_what_was_changed_in_the_database_shows(self) -> None:
        certificate = await erased()
        await ErasureCertificate.find({"_id": certificate.id}).update({"$set": {"scan.documents": 1}})
        stored = await get_erasure_certificate(SYSTEM, str(certificate.id))
        assert not await is_valid(document_of(stored))

    async def test_whoever_has_the_public_key_needs_nobody(self) -> None:
        certificate = await erased()
        assert certificate.public_key == (await list_erasure_certificate_keys(Actor.anonymous()))[0]


class TestListing:
    async def test_they_are_found_by_the_address_and_by_what_was_found(self) -> None:
        ada, bob = await erased(), await erased((await a_contact("bob@tea.example")).id)
        viewer = await an_actor(Role.VIEWER)

        async def found(**filters: Any) -> list[Any]:
            wanted = ErasureCertificateFilter.model_validate(filters)
            return [one.id for one in (await list_erasure_certificates(viewer, Range(), wanted, NEWEST)).items]

        assert await found() == [bob.id, ada.id]
        assert await found(email="ADA@tea.example") == [ada.id]
        assert await found(status=ErasureStatus.CLEAN) == [bob.id, ada.id]
        assert await found(status=ErasureStatus.TRACES_FOUND) == []

    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_all_staff_see_them_and_admins_alone_erase(self, role: Role) -> None:
        actor, certificate = await an_actor(role), await erased()
        assert (await get_erasure_certificate(actor, str(certificate.id))).id == certificate.id
        with pytest.raises(Forbidden):
            await erase_contact(actor, ADDRESS)

    async def test_nobody_else_sees_them(self) -> None:
        with pytest.raises(Forbidden):
            await list_erasure_certificates(an_end_user("tea"), Range(), ErasureCertificateFilter(), NEWEST)

    @pytest.mark.parametrize("unknown", ["0" * 24, "nobody"])
    async def test_an_unknown_one_is_not_found(self, unknown: str) -> None:
        with pytest.raises(NotFound):
            await get_erasure_certificate(SYSTEM, unknown)
