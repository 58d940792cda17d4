"""How a batch of an import is written: a handful of round trips, however many rows it has.

They are in an order in which they can be cut off anywhere, and done again. A new person's first entry in the ledger
comes before the person, who is stored together with what follows from it: nobody has a consent without its evidence.
An entry without a person is what a batch left that was cut off; the next takes it over. Of people who are known,
membership comes before consent, as when they are let in one by one.
"""

from collections.abc import Collection, Mapping, Sequence

from bson import ObjectId

from core.actor import Actor
from core.mongo import insert_new_stored
from models.apps import App
from models.base import Record
from models.consent_entries import ConsentEntry
from models.contacts import ConsentState, Contact
from models.subscribers import Subscriber
from resolvers.consent import rebuild_consents, rebuild_consents_of
from resolvers.contact_writes import with_fields, write_contact
from resolvers.subscriber_plans import STATE, Known, Outcome, Plan, Planner, Stored, outcome_of
from resolvers.subscriber_rows import Row


async def take_in(app: App, rows: Sequence[Row], by: Actor) -> list[Outcome]:
    """What became of each row. No two have the same address."""
    planner, outcomes = Planner(app, by), []
    while rows:
        plan, known, skipped = await planner.plan(rows)
        rows = await _write(planner, plan, known)
        outcomes += skipped
        outcomes += [outcome_of(row, plan, known) for row in plan.rows.values()]
    return outcomes


async def _write(planner: Planner, plan: Plan, known: Known) -> list[Row]:
    """Returns the rows that somebody else wrote meanwhile, to be looked at again."""
    await _begin_ledgers(planner, plan)
    again = await _insert_contacts(plan)
    await _learn(plan)
    again += plan.drop(await _insert(Subscriber, plan.new_subscribers))
    if plan.updates:
        await Subscriber.get_pymongo_collection().bulk_write(list(plan.updates.values()), ordered=False)
    await _insert(ConsentEntry, plan.entries)
    await rebuild_consents_of([entry["contactId"] for entry in plan.entries.values()])
    await _leave_again(plan, known)
    return again


async def _begin_ledgers(planner: Planner, plan: Plan) -> None:
    """Writes the first entries of new people, takes over those that were left, and lets the people follow them."""
    if left := await _insert(ConsentEntry, plan.first_entries):
        await _take_over(planner, plan, left)
    for key, entry in plan.first_entries.items():
        contact = plan.new_contacts[key]
        consent = {name: entry[name] for name in ("state", "at", "legalBasis", "source")} | {"entryId": entry["_id"]}
        contact["consents"] = contact["consents"] | {"newsletter": contact["consents"]["newsletter"] | consent}


async def _take_over(planner: Planner, plan: Plan, keys: Collection[str]) -> None:
    """The new people get the ids that the entries name. Where somebody has such an id (who was erased since, say), the
    entry is theirs, and the new person gets one of their own."""
    ids = {plan.first_entries[key]["_id"]: key for key in keys}
    left = await ConsentEntry.get_pymongo_collection().find({"_id": {"$in": list(ids)}}).to_list()
    taken = await _existing(Contact, [entry["contactId"] for entry in left])
    for entry in left:
        key = ids[entry["_id"]]
        row, contact = plan.rows[key], plan.new_contacts[key]
        del plan.first_entries[key]
        if entry["contactId"] in taken:
            plan.entries[key] = planner.entry_for(row, contact["_id"], contact["_id"])
            continue
        plan.first_entries[key] = entry
        contact["_id"] = plan.contact_ids[key] = entry["contactId"]
        if key in plan.new_subscribers:
            plan.new_subscribers[key]["contactId"] = entry["contactId"]


async def _insert_contacts(plan: Plan) -> list[Row]:
    """Returns the rows whose address got a contact meanwhile. Entries that were written for nobody then are taken away,
    those alone: another import may have taken one over."""
    known = await _insert(Contact, plan.new_contacts)
    entries = [plan.first_entries[key] for key in known if key in plan.first_entries]
    if entries:
        people = await _existing(Contact, [entry["contactId"] for entry in entries])
        for_nobody = [entry["_id"] for entry in entries if entry["contactId"] not in people]
        await ConsentEntry.find({"_id": {"$in": for_nobody}}).delete()
    return plan.drop(known)


async def _insert(document: type[Record], by_key: Mapping[str, Stored]) -> list[str]:
    """The keys of those that were there already."""
    new = await insert_new_stored(document, list(by_key.values()))
    return [key for key, is_new in zip(by_key, new, strict=True) if not is_new]


async def _existing(document: type[Record], ids: Sequence[ObjectId]) -> set[ObjectId]:
    found = document.get_pymongo_collection().find({"_id": {"$in": list(ids)}}, {"_id": 1})
    return {one["_id"] async for one in found}


async def _learn(plan: Plan) -> None:
    """What is not known of a contact yet is filled in: rare enough to be done one by one."""
    for key, row in plan.learning.items():

        def decide(current: Contact | None, row: Row = row) -> Contact | None:
            if current is None:
                return None
            learnt = {"name": current.name or row.name, "language": current.language or row.language}
            return with_fields(current, learnt)

        await write_contact({"_id": plan.contact_ids[key], "erasedAt": None}, decide)


async def _leave_again(plan: Plan, known: Known) -> None:
    """Who opted out between being looked at and becoming a subscriber."""
    joined = [plan.contact_ids[key] for key in plan.new_subscribers if key in known.contacts]
    if joined:
        out = {"_id": {"$in": joined}, STATE: ConsentState.OPTED_OUT.value}
        for contact in await Contact.find(out).to_list():
            await rebuild_consents(contact.id)
