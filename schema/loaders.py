"""Batches: what many objects of one answer need is read with one query. A new set for each request."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.apps import App
from models.contact_lists import ContactList
from models.contacts import Contact
from models.deliveries import Delivery
from models.end_users import EndUser
from models.inbound_messages import InboundMessage
from models.log_tallies import ErrorGroup
from models.plans import Plan
from models.shops import Shop
from models.subscribers import Subscriber
from models.suppressions import Suppression
from models.tickets import Ticket
from models.users import User
from resolvers.apps import apps_by_id
from resolvers.contact_lists import lists_by_id
from resolvers.error_groups import count_shops_of_errors, revenue_exposed
from resolvers.metric_periods import Period
from resolvers.metrics import Metrics, metrics_of
from resolvers.plans import count_shops
from resolvers.suppressions import suppressions_of
from schema.automation_loaders import AutomationLoaders
from schema.feedback_loaders import FeedbackLoaders
from schema.mail_loaders import MailLoaders
from schema.merchant_loaders import MerchantLoaders
from schema.prospect_loaders import ProspectLoaders
from schema.sequence_loaders import SequenceLoaders
from schema.want_loaders import WantLoaders


class Loaders(
    AutomationLoaders, FeedbackLoaders, MailLoaders, MerchantLoaders, ProspectLoaders, SequenceLoaders, WantLoaders
):
    @cached_property
    def apps(self) -> DataLoader[str, App | None]:
        return DataLoader(apps_by_id)

    @cached_property
    def plans(self) -> DataLoader[PydanticObjectId, Plan | None]:
        return DataLoader(_plans)

    @cached_property
    def shops_using_plans(self) -> DataLoader[tuple[str, PydanticObjectId], int]:
        return DataLoader(_shops_using_plans)

    @cached_property
    def error_groups(self) -> DataLoader[str, ErrorGroup | None]:
        return DataLoader(_error_groups)

    @cached_property
    def shops_of_errors(self) -> DataLoader[str, int]:
        return DataLoader(_shops_of_errors)

    @cached_property
    def revenue_of_errors(self) -> DataLoader[tuple[str, str], Mapping[str, Decimal]]:
        return DataLoader(_revenue_of_errors)

    @cached_property
    def contact_lists(self) -> DataLoader[PydanticObjectId, ContactList | None]:
        return DataLoader(_contact_lists)

    @cached_property
    def contacts(self) -> DataLoader[PydanticObjectId, Contact | None]:
        return DataLoader(_contacts)

    @cached_property
    def inbound_messages(self) -> DataLoader[PydanticObjectId, InboundMessage | None]:
        return DataLoader(_inbound_messages)

    @cached_property
    def deliveries(self) -> DataLoader[PydanticObjectId, Delivery | None]:
        return DataLoader(_deliveries)

    @cached_property
    def end_users(self) -> DataLoader[PydanticObjectId, list[EndUser]]:
        return DataLoader(_end_users)

    @cached_property
    def shops(self) -> DataLoader[tuple[str, str], Shop | None]:
        """By app and domain."""
        return DataLoader(_shops)

    @cached_property
    def subscribers(self) -> DataLoader[PydanticObjectId, list[Subscriber]]:
        return DataLoader(_subscribers)

    @cached_property
    def suppressions(self) -> DataLoader[str, list[Suppression]]:
        return DataLoader(_suppressions)

    @cached_property
    def tickets(self) -> DataLoader[PydanticObjectId, Ticket | None]:
        return DataLoader(_tickets)

    @cached_property
    def tickets_linked_to(self) -> DataLoader[PydanticObjectId, list[Ticket]]:
        """Those that have a link to each."""
        return DataLoader(_tickets_linked_to)

    @cached_property
    def users(self) -> DataLoader[PydanticObjectId, User | None]:
        return DataLoader(_users)

    @cached_property
    def metrics(self) -> DataLoader[tuple[str, Period], Metrics]:
        return DataLoader(_metrics)


async def _plans(plan_ids: list[PydanticObjectId]) -> list[Plan | None]:
    found = {plan.id: plan for plan in await Plan.find({"_id": {"$in": plan_ids}}).to_list()}
    return [found.get(plan_id) for plan_id in plan_ids]


async def _shops_using_plans(plans: list[tuple[str, PydanticObjectId]]) -> list[int]:
    counts = await count_shops(plans)
    return [counts[plan_id] for _, plan_id in plans]


async def _error_groups(group_ids: list[str]) -> list[ErrorGroup | None]:
    found = {group.id: group for group in await ErrorGroup.find({"_id": {"$in": group_ids}}).to_list()}
    return [found.get(group_id) for group_id in group_ids]


async def _shops_of_errors(group_ids: list[str]) -> list[int]:
    counts = await count_shops_of_errors(group_ids)
    return [counts.get(group_id, 0) for group_id in group_ids]


async def _revenue_of_errors(groups: list[tuple[str, str]]) -> list[Mapping[str, Decimal]]:
    """Each given as group id and app id."""
    revenue = await revenue_exposed(groups)
    return [revenue.get(group_id, {}) for group_id, _ in groups]


async def _contact_lists(list_ids: list[PydanticObjectId]) -> list[ContactList | None]:
    found = await lists_by_id(list_ids)
    return [found.get(list_id) for list_id in list_ids]


async def _contacts(contact_ids: list[PydanticObjectId]) -> list[Contact | None]:
    """Without those who were erased."""
    people = await Contact.find({"_id": {"$in": contact_ids}, "erasedAt": None}).to_list()
    found = {contact.id: contact for contact in people}
    return [found.get(contact_id) for contact_id in contact_ids]


async def _inbound_messages(message_ids: list[PydanticObjectId]) -> list[InboundMessage | None]:
    found = {one.id: one for one in await InboundMessage.find({"_id": {"$in": message_ids}}).to_list()}
    return [found.get(message_id) for message_id in message_ids]


async def _deliveries(delivery_ids: list[PydanticObjectId]) -> list[Delivery | None]:
    found = {delivery.id: delivery for delivery in await Delivery.find({"_id": {"$in": delivery_ids}}).to_list()}
    return [found.get(delivery_id) for delivery_id in delivery_ids]


async def _end_users(contact_ids: list[PydanticObjectId]) -> list[list[EndUser]]:
    """Those of each contact."""
    by_contact: defaultdict[PydanticObjectId, list[EndUser]] = defaultdict(list)
    for user in await EndUser.find({"contactId": {"$in": contact_ids}}).sort("appId").to_list():
        by_contact[user.contact_id].append(user)
    return [by_contact[contact_id] for contact_id in contact_ids]


async def _shops(shops: list[tuple[str, str]]) -> list[Shop | None]:
    """Each given as app id and domain."""
    apps, domains = {app_id for app_id, _ in shops}, {domain for _, domain in shops}
    named = {"appId": {"$in": list(apps)}, "domain": {"$in": list(domains)}}
    found = {(shop.app_id, shop.domain): shop for shop in await Shop.find(named).to_list()}
    return [found.get(shop) for shop in shops]


async def _subscribers(contact_ids: list[PydanticObjectId]) -> list[list[Subscriber]]:
    """Those of each contact."""
    by_contact: defaultdict[PydanticObjectId, list[Subscriber]] = defaultdict(list)
    for subscriber in await Subscriber.find({"contactId": {"$in": contact_ids}}).sort("appId").to_list():
        by_contact[subscriber.contact_id].append(subscriber)
    return [by_contact[contact_id] for contact_id in contact_ids]


async def _suppressions(addresses: list[str]) -> list[list[Suppression]]:
    """Those of each address that hold."""
    holding = await suppressions_of(addresses)
    return [holding[address] for address in addresses]


async def _tickets(ticket_ids: list[PydanticObjectId]) -> list[Ticket | None]:
    found = {ticket.id: ticket for ticket in await Ticket.find({"_id": {"$in": ticket_ids}}).to_list()}
    return [found.get(ticket_id) for ticket_id in ticket_ids]


async def _tickets_linked_to(ticket_ids: list[PydanticObjectId]) -> list[list[Ticket]]:
    linked: defaultdict[PydanticObjectId, list[Ticket]] = defaultdict(list)
    for ticket in await Ticket.find({"links.ticketId": {"$in": ticket_ids}}).sort("_id").to_list():
        for link in ticket.links:
            linked[link.ticket_id].append(ticket)
    return [linked[ticket_id] for ticket_id in ticket_ids]


async def _users(user_ids: list[PydanticObjectId]) -> list[User | None]:
    found = {user.id: user for user in await User.find({"_id": {"$in": user_ids}}).to_list()}
    return [found.get(user_id) for user_id in user_ids]


async def _metrics(asked: list[tuple[str, Period]]) -> list[Metrics]:
    """Those of the same period are read at once, when the first of them is asked for anything."""
    apps = {app.id: app for app in await App.find({"_id": {"$in": [app_id for app_id, _ in asked]}}).to_list()}
    together: defaultdict[Period, list[App]] = defaultdict(list)
    for app_id, period in asked:
        together[period].append(apps[app_id])
    found = {
        (one.apps[0].id, period): one
        for period, of_period in together.items()
        for one in metrics_of(of_period, period).by_app
    }
    return [found[one] for one in asked]
