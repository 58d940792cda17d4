"""The heaviest questions that staff ask, and how many times the database is asked for their answers."""

from typing import Final, NamedTuple

from resolvers.timeline_sources import TimelineKind
from tests.factories.timelines import DOMAIN, EMAIL

TICKET: Final = "reference app { name } contact { email } shop { name } assignee { email }"
SUBJECT: Final = """subject { __typename
  ... on Ticket { contact { name } } ... on MerchantChange { shop { app { name } } }
  ... on WantVoter { want { title } } ... on ErrorGroupShop { group { title } }
  ... on Delivery { campaign { name } } ... on EmailEvent { delivery { status } }
  ... on Feedback { contact { name } } ... on Want { author { contact { name } } } }"""


class Question(NamedTuple):
    """It takes at most so many `calls`, however much there is, and for each thing that is shown `each` more: a page of
    what belongs to it is a question of its own, and what follows from pages that come one by one is not always asked
    for together."""

    name: str
    query: str
    calls: int
    each: int = 0


HEAVIEST: Final = (
    Question(
        "a merchant",
        f"""{{ merchant(domain: "{DOMAIN}") {{ name installedApps {{ name }} monthlyRevenue {{ amount }}
          shops {{ app {{ name }} subscription {{ plan {{ name }} }} monthlyRevenue {{ amount }} contact {{ name }} }}
          contacts {{ email endUsers {{ app {{ name }} }} subscribers {{ status }} suppressions {{ reason }} }}
          feedback {{ message }} wants {{ title }} votedWants {{ title }}
          tickets(first: 10) {{ nodes {{ {TICKET} }} totalCount }}
          appEvents(first: 10) {{ nodes {{ name app {{ name }} shop {{ name }} }} }}
          errors(first: 10) {{ nodes {{ group {{ title }} }} }}
          logs(first: 10) {{ nodes {{ message errorGroup {{ title }} }} }} }} }}""",
        calls=25,
    ),
    Question(
        "a contact",
        f"""{{ contact(email: "{EMAIL}") {{ name consents {{ newsletter {{ state }} }}
          shops {{ app {{ name }} shop {{ name subscription {{ plan {{ name }} }} }} }} merchants {{ name }}
          suppressions {{ reason }} subscribers {{ app {{ name }} }} endUsers {{ app {{ name }} shop {{ name }} }}
          feedback {{ message }} wants {{ title }} votedWants {{ title }}
          consentEntries(first: 10) {{ nodes {{ state }} }} dataExports(first: 10) {{ nodes {{ status }} }}
          tickets(first: 10) {{ nodes {{ {TICKET} }} }}
          deliveries(first: 10) {{ nodes {{ status campaign {{ name }} ticket {{ reference }} }} }}
          emailEvents(first: 10) {{ nodes {{ type delivery {{ email }} campaign {{ name }} }} }} }} }}""",
        calls=26,
    ),
    Question(
        "a timeline",
        f"""{{ merchant(domain: "{DOMAIN}") {{ timeline(first: 50) {{
          nodes {{ kind at title app {{ name }} {SUBJECT} }} totalCount }} }} }}""",
        calls=2 * len(TimelineKind) + 18,
    ),
    Question(
        "the tickets",
        f"""{{ tickets(first: 50) {{ totalCount nodes {{ {TICKET} merchant {{ monthlyRevenue {{ amount }} }}
          linkedFrom {{ reference }} mergedInto {{ reference }} messages(last: 1) {{ nodes {{ content }} }} }} }} }}""",
        calls=12,
        each=1,
    ),
    Question(
        "a campaign",
        """query ($campaign: ID!) { campaign(id: $campaign) { name stats { sent } app { name }
          deliveries(first: 50) {
            nodes { status contact { name merchants { name } } events(first: 5) { nodes { type } } } }
          events(first: 50) { nodes { type contact { name } delivery { status } campaign { name } } } } }""",
        calls=11,
        each=1,
    ),
    Question(
        "the merchants",
        """{ merchants(first: 10) { totalCount nodes { name monthlyRevenue { amount } installedApps { name }
          shops { app { name } contact { name } } contacts { name } feedback { message }
          wants { title } votedWants { title } } } }""",
        calls=16,
    ),
    Question(
        "the contacts",
        """{ contacts(first: 10) { totalCount nodes { name shops { app { name } shop { name } } merchants { name }
          suppressions { reason } subscribers { app { name } } endUsers { app { name } }
          feedback { message } wants { title } votedWants { title } } } }""",
        calls=18,
    ),
    Question(
        "the wants",
        """{ wants(appId: "banners", first: 10) { nodes { title author { contact { name } merchant { name } }
          mergedInto { title } duplicates { title } feedback { message }
          voters(first: 5) { nodes { contact { name } shops { name } monthlyRevenue { amount } } } } } }""",
        calls=12,
        each=4,
    ),
    Question(
        "the errors",
        """{ errorGroups(appId: "banners", first: 50) { nodes { title shopCount revenueExposed { amount }
          shops(first: 5) { nodes { shop { name merchant { name } } } } logs(first: 5) { nodes { message } } } } }""",
        calls=11,
        each=4,
    ),
    Question(
        "the feedback",
        """{ feedbacks(first: 50) { totalCount nodes { message app { name } contact { name }
          shop { name merchant { name } } want { title } ticket { reference } } } feedbackStats { total } }""",
        calls=12,
    ),
    Question(
        "the shops of an app",
        """{ shops(appId: "banners", first: 50) { totalCount nodes { name merchant { monthlyRevenue { amount } }
          contact { name } subscription { plan { name } } feedback { message } votedWants { title } } } }""",
        calls=13,
    ),
    Question(
        "the dashboard",
        """{ metrics { shops { total active } revenue { mrr } } ticketStats(appId: "banners") { total }
          emailAnalyticsOverview { numbers { sent } } emailJobStats { counts { total } } feedbackStats { total }
          wantStats(appId: "banners") { total } apps(first: 10) { nodes { name metrics { shops { active } } } } }""",
        calls=40,
    ),
    Question(
        "a search",
        """{ search(query: "ada") { type title subject { __typename ... on Merchant { shops { app { name } } }
          ... on Contact { merchants { name } } ... on Ticket { contact { name } } } } }""",
        calls=19,
    ),
)
