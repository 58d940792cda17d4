"""Every documented path: read it from top to bottom.

A row names the view that translates and the resolver that it calls. Who may call it is declared on the resolver.
"""

from typing import Final

from resolvers import (
    agent_actions,
    agent_decisions,
    agent_drafts,
    agent_sending,
    agent_stats,
    api_keys,
    app_events,
    apps,
    attachments,
    auth,
    automation_conditions,
    automation_stats,
    automation_trackers,
    automations,
    campaign_life,
    campaigns,
    consent,
    contacts,
    data_exports,
    email_alerts,
    email_analytics,
    email_events,
    email_jobs,
    enrolling,
    enrollments,
    feedback,
    feedback_stats,
    gdpr,
    health,
    inbound_messages,
    inbound_stats,
    log_deletions,
    log_ingestion,
    logs,
    magic_links,
    metrics,
    newsletter_templates,
    plans,
    prospect_import,
    prospect_notes,
    prospect_timelines,
    prospects,
    sequences,
    shops,
    slack_routing,
    subscriber_import,
    subscribers,
    subscribing,
    templates,
    ticket_bulk,
    ticket_creation,
    ticket_messages,
    ticket_ratings,
    ticket_stats,
    tickets,
    tracking,
    unsubscribing,
    users,
    want_board,
    want_changes,
    want_submitting,
    want_votes,
    wants,
    webhooks,
)
from rest_compat import agent_actions as agent_actions_views
from rest_compat import api_keys as api_keys_views
from rest_compat import app_events as app_events_views
from rest_compat import apps as apps_views
from rest_compat import attachments as attachments_views
from rest_compat import auth as auth_views
from rest_compat import automation_trackers as automation_trackers_views
from rest_compat import automations as automations_views
from rest_compat import campaigns as campaigns_views
from rest_compat import contacts as contacts_views
from rest_compat import data_exports as data_exports_views
from rest_compat import email_alerts as email_alerts_views
from rest_compat import email_analytics as email_analytics_views
from rest_compat import email_events as email_events_views
from rest_compat import email_jobs as email_jobs_views
from rest_compat import enrollments as enrollments_views
from rest_compat import feedback as feedback_views
from rest_compat import health as health_views
from rest_compat import inbound_messages as inbound_messages_views
from rest_compat import logs as logs_views
from rest_compat import magic_links as magic_links_views
from rest_compat import metrics as metrics_views
from rest_compat import newsletter_templates as newsletter_templates_views
from rest_compat import plans as plans_views
from rest_compat import prospects as prospects_views
from rest_compat import sequences as sequences_views
from rest_compat import shops as shops_views
from rest_compat import slack_routing as slack_routing_views
from rest_compat import subscriber_import as subscriber_import_views
from rest_compat import subscribers as subscribers_views
from rest_compat import subscribing as subscribing_views
from rest_compat import templates as templates_views
from rest_compat import ticket_messages as ticket_messages_views
from rest_compat import ticket_ratings as ticket_ratings_views
from rest_compat import tickets as tickets_views
from rest_compat import tracking as tracking_views
from rest_compat import unsubscribing as unsubscribing_views
from rest_compat import users as users_views
from rest_compat import want_board as want_board_views
from rest_compat import wants as wants_views
from rest_compat import webhooks as webhooks_views
from rest_compat.agent_actions import AgentActionWire, AgentStatsWire, DraftedWire
from rest_compat.api_keys import ApiKeyStatsWire, ApiKeyWire
from rest_compat.app_events import ReceivedWire
from rest_compat.apps import AppWire
from rest_compat.attachments import FILES as ATTACHMENTS
from rest_compat.attachments import AttachmentWire
from rest_compat.auth import CurrentUserWire, HashWire, SessionWire
from rest_compat.automation_trackers import ShopEntryWire, TrackerWire
from rest_compat.automations import AutomationStatsWire, AutomationWire, ConditionCheckWire
from rest_compat.campaigns import CampaignWire, CampaignWithContentWire, QueuedWire
from rest_compat.contacts import ContactWire, PersonalDataWire
from rest_compat.edge import Data, DataMessage, Message, Paged
from rest_compat.email_alerts import EmailAlertWire
from rest_compat.email_analytics import (
    CampaignAnalyticsWire,
    ContactEmailAnalyticsWire,
    EmailOverviewWire,
    RecipientWire,
)
from rest_compat.email_events import CampaignEventStatsWire, EmailEventWire
from rest_compat.email_jobs import EmailJobStatsWire, EmailJobWire
from rest_compat.enrollments import EnrolledWire, EnrollmentWire
from rest_compat.feedback import FeedbackStatsWire, FeedbackWire
from rest_compat.health import HealthWire, LivenessWire, ReadinessWire
from rest_compat.inbound_messages import InboundMessageDetailWire, InboundMessageWire, InboundStatsWire
from rest_compat.logs import DeletedLogsWire, IngestedLogsWire, LogsAtWire, LogStatsWire, LogWire
from rest_compat.magic_links import EndUserSessionWire, RequestedWire
from rest_compat.metric_wires import (
    ActivityWire,
    AppFiguresWire,
    DashboardWire,
    EventMetricWire,
    OverTimeWire,
    ShopsPointWire,
    SummaryWire,
    TopShopsWire,
    TopShopWire,
)
from rest_compat.newsletter_templates import NewsletterTemplateWire
from rest_compat.plans import PlanStatsWire, PlanWire
from rest_compat.prospects import FILES as PROSPECT_FILES
from rest_compat.prospects import (
    ProspectActivityWire,
    ProspectNoteWire,
    ProspectsImportWire,
    ProspectStatsWire,
    ProspectWire,
    ProspectWithHistoryWire,
)
from rest_compat.routing import Categories, Route
from rest_compat.sequences import SequenceWire
from rest_compat.shops import ShopStatsWire, ShopWire, ShopWithHistoryWire
from rest_compat.slack_routing import SlackRuleWire
from rest_compat.subscriber_import import FILES, ImportWire
from rest_compat.subscribers import SubscriberStatsWire, SubscriberWire
from rest_compat.subscribing import SubscribedWire
from rest_compat.templates import TemplateCategoriesWire, TemplateWire
from rest_compat.ticket_messages import TicketMessageWire
from rest_compat.tickets import DeletedTickets, TicketStatsWire, TicketWire, TicketWithHistoryWire
from rest_compat.users import UserWire
from rest_compat.want_board import PublicWantWire, VoteWire
from rest_compat.wants import WantStatsWire, WantWire
from rest_compat.webhooks import ReceivedMessageWire, ResendReceivedWire

# fmt: off
INBOUND: Final = ("Authorization", "svix-id", "svix-timestamp", "svix-signature", "X-Signature", "X-Timestamp", "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp")
"""What the services sign received mail with, each in its own way."""

CATEGORIES: Final[Categories] = {
    "Auth": [
        Route("POST", "/auth/login", auth_views.log_in, auth.log_in, SessionWire, errors=(401,)),
        Route("POST", "/auth/refresh", auth_views.refresh_token, auth.refresh_token, SessionWire),
        Route("POST", "/auth/hash-password", auth_views.hash_password, auth.hash_password, HashWire, errors=(404,)),
        Route("GET", "/auth/me", auth_views.current_user, auth.current_user, CurrentUserWire),
    ],
    "Users": [
        Route("GET", "/users/", users_views.list_users, users.list_users, Paged[UserWire]),
        Route("POST", "/users/", users_views.create_user, users.create_user, DataMessage[UserWire], 201),
        Route("GET", "/users/{id}", users_views.get_user, users.get_user, Data[UserWire]),
        Route("PATCH", "/users/{id}", users_views.update_user, users.update_user, DataMessage[UserWire]),
        Route("DELETE", "/users/{id}", users_views.deactivate_user, users.deactivate_user, Message),
        Route("PATCH", "/users/{id}/password", users_views.change_password, users.change_password, Message),
    ],
    "Apps": [
        Route("GET", "/apps", apps_views.list_apps, apps.list_apps, Paged[AppWire]),
    ],
    "API Keys": [
        Route("GET", "/api-keys/stats", api_keys_views.api_key_stats, api_keys.api_key_stats, Data[ApiKeyStatsWire]),
        Route("GET", "/api-keys/", api_keys_views.list_api_keys, api_keys.list_api_keys, Paged[ApiKeyWire]),
        Route("POST", "/api-keys/", api_keys_views.create_api_key, api_keys.create_api_key, DataMessage[ApiKeyWire], 201, errors=(404,)),
        Route("GET", "/api-keys/{keyId}", api_keys_views.get_api_key, api_keys.get_api_key, Data[ApiKeyWire]),
        Route("PATCH", "/api-keys/{keyId}", api_keys_views.update_api_key, api_keys.update_api_key, DataMessage[ApiKeyWire]),
        Route("DELETE", "/api-keys/{keyId}", api_keys_views.delete_api_key, api_keys.delete_api_key, Message),
        Route("POST", "/api-keys/{keyId}/revoke", api_keys_views.revoke_api_key, api_keys.revoke_api_key, DataMessage[ApiKeyWire]),
        Route("POST", "/api-keys/{keyId}/regenerate", api_keys_views.regenerate_api_key, api_keys.regenerate_api_key, DataMessage[ApiKeyWire]),
    ],
    "Shops": [
        Route("GET", "/{appId}/shops/stats", shops_views.shop_stats, shops.shop_stats, Data[ShopStatsWire]),
        Route("GET", "/{appId}/shops/domains", shops_views.list_shop_domains, shops.list_shop_domains, Paged[str]),
        Route("GET", "/{appId}/shops/", shops_views.list_shops, shops.list_shops, Paged[ShopWire]),
        Route("GET", "/{appId}/shops/{shopId}", shops_views.get_shop, shops.get_shop, Data[ShopWithHistoryWire]),
        Route("PATCH", "/{appId}/shops/{shopId}", shops_views.update_shop, shops.update_shop, DataMessage[ShopWithHistoryWire]),
        Route("PATCH", "/{appId}/shops/{shopId}/status", shops_views.change_shop_status, shops.change_shop_status, DataMessage[ShopWithHistoryWire]),
    ],
    "Templates": [
        Route("GET", "/{appId}/templates/categories", templates_views.template_categories, templates.template_categories, Data[TemplateCategoriesWire]),
        Route("GET", "/{appId}/templates/", templates_views.list_templates, templates.list_templates, Paged[TemplateWire]),
        Route("POST", "/{appId}/templates/", templates_views.create_template, templates.create_template, DataMessage[TemplateWire], 201),
        Route("GET", "/{appId}/templates/{templateId}", templates_views.get_template, templates.get_template, Data[TemplateWire]),
        Route("PUT", "/{appId}/templates/{templateId}", templates_views.replace_template, templates.replace_template, DataMessage[TemplateWire]),
        Route("PATCH", "/{appId}/templates/{templateId}", templates_views.update_template, templates.update_template, DataMessage[TemplateWire]),
        Route("DELETE", "/{appId}/templates/{templateId}", templates_views.delete_template, templates.delete_template, Message),
        Route("PATCH", "/{appId}/templates/{templateId}/toggle", templates_views.toggle_template, templates.toggle_template, DataMessage[TemplateWire]),
        Route("POST", "/{appId}/templates/{templateId}/duplicate", templates_views.duplicate_template, templates.duplicate_template, DataMessage[TemplateWire], 201),
    ],
    "Metrics": [
        Route("GET", "/metrics/aggregate/dashboard", metrics_views.aggregate_dashboard, metrics.get_metrics, Data[DashboardWire]),
        Route("GET", "/metrics/aggregate/shops-over-time", metrics_views.aggregate_shops_over_time, metrics.get_metrics, Data[OverTimeWire]),
        Route("GET", "/metrics/aggregate/top-shops", metrics_views.aggregate_top_shops, metrics.get_metrics, Data[TopShopsWire]),
        Route("GET", "/metrics/aggregate/activity", metrics_views.aggregate_activity, metrics.get_metrics, Data[list[ActivityWire]]),
        Route("GET", "/metrics/aggregate/summary", metrics_views.aggregate_summary, metrics.get_metrics, Data[SummaryWire]),
        Route("GET", "/{appId}/metrics/dashboard", metrics_views.app_dashboard, metrics.get_metrics, Data[AppFiguresWire]),
        Route("GET", "/{appId}/metrics/shops-over-time", metrics_views.app_shops_over_time, metrics.get_metrics, Data[list[ShopsPointWire]]),
        Route("GET", "/{appId}/metrics/top-shops", metrics_views.app_top_shops, metrics.get_metrics, Data[list[TopShopWire]]),
        Route("GET", "/{appId}/metrics/activity", metrics_views.app_activity, metrics.get_metrics, Data[list[ActivityWire]]),
        Route("GET", "/{appId}/metrics/custom", metrics_views.app_custom, metrics.get_metrics, Data[list[EventMetricWire]]),
    ],
    "Logs": [
        Route("GET", "/{appId}/logs/stats", logs_views.log_stats, logs.log_stats, Data[LogStatsWire]),
        Route("GET", "/{appId}/logs/shop-domains", logs_views.list_log_shop_domains, logs.list_log_shop_domains, Data[list[str]]),
        Route("GET", "/{appId}/logs/modules", logs_views.list_log_modules, logs.list_log_modules, Data[list[str]]),
        Route("GET", "/{appId}/logs/over-time", logs_views.logs_over_time, logs.logs_over_time, Data[list[LogsAtWire]]),
        Route("GET", "/{appId}/logs/", logs_views.list_logs, logs.list_logs, Paged[LogWire]),
        Route("DELETE", "/{appId}/logs/", logs_views.delete_logs, log_deletions.delete_logs, DataMessage[DeletedLogsWire]),
        Route("GET", "/{appId}/logs/{logId}", logs_views.get_log, logs.get_log, Data[LogWire]),
        Route("DELETE", "/{appId}/logs/{logId}", logs_views.delete_log, log_deletions.delete_log, Message),
    ],
    "Feedback": [
        Route("GET", "/feedback/", feedback_views.list_all_feedback, feedback.list_feedback, Paged[FeedbackWire]),
        Route("GET", "/feedback/{feedbackId}", feedback_views.get_feedback, feedback.get_feedback, Data[FeedbackWire]),
        Route("PATCH", "/feedback/{feedbackId}", feedback_views.update_feedback, feedback.update_feedback, DataMessage[FeedbackWire]),
        Route("DELETE", "/feedback/{feedbackId}", feedback_views.delete_feedback, feedback.delete_feedback, Message),
        Route("PATCH", "/feedback/{feedbackId}/status", feedback_views.change_feedback_status, feedback.change_feedback_status, DataMessage[FeedbackWire]),
        Route("GET", "/{appId}/feedback/stats", feedback_views.show_feedback_stats, feedback_stats.feedback_stats, Data[FeedbackStatsWire]),
        Route("POST", "/{appId}/feedback/", feedback_views.create_feedback, feedback.create_feedback, DataMessage[FeedbackWire], 201),
        Route("GET", "/{appId}/feedback/", feedback_views.list_feedback, feedback.list_feedback, Paged[FeedbackWire]),
    ],
    "Tickets": [
        Route("GET", "/tickets/", tickets_views.list_all_tickets, tickets.list_tickets, Paged[TicketWire]),
        Route("GET", "/tickets/{messageId}", tickets_views.get_any_ticket, tickets.get_ticket, Data[TicketWithHistoryWire]),
        Route("PATCH", "/tickets/{messageId}", tickets_views.update_any_ticket, tickets.update_ticket, DataMessage[TicketWithHistoryWire]),
        Route("DELETE", "/tickets/{messageId}", tickets_views.delete_any_ticket, tickets.delete_ticket, Message),
        Route("PATCH", "/tickets/{messageId}/status", tickets_views.change_any_ticket_status, tickets.change_ticket_status, DataMessage[TicketWithHistoryWire]),
        Route("GET", "/{appId}/tickets/stats", tickets_views.show_ticket_stats, ticket_stats.ticket_stats, Data[TicketStatsWire]),
        Route("POST", "/{appId}/tickets/", tickets_views.create_ticket, ticket_creation.create_ticket, DataMessage[TicketWithHistoryWire], 201, uploads=ATTACHMENTS),
        Route("GET", "/{appId}/tickets/", tickets_views.list_tickets, tickets.list_tickets, Paged[TicketWire]),
        Route("DELETE", "/{appId}/tickets/", tickets_views.delete_tickets, ticket_bulk.delete_tickets, DeletedTickets),
        Route("GET", "/{appId}/tickets/{messageId}", tickets_views.get_ticket, tickets.get_ticket, Data[TicketWithHistoryWire]),
        Route("PATCH", "/{appId}/tickets/{messageId}", tickets_views.update_ticket, tickets.update_ticket, DataMessage[TicketWithHistoryWire]),
        Route("DELETE", "/{appId}/tickets/{messageId}", tickets_views.delete_ticket, tickets.delete_ticket, Message),
        Route("PATCH", "/{appId}/tickets/{messageId}/status", tickets_views.change_ticket_status, tickets.change_ticket_status, DataMessage[TicketWithHistoryWire]),
        Route("POST", "/{appId}/tickets/{messageId}/messages", ticket_messages_views.add_ticket_message, ticket_messages.add_ticket_message, DataMessage[TicketMessageWire], 201, uploads=ATTACHMENTS),
        Route("GET", "/{appId}/tickets/{messageId}/messages", ticket_messages_views.list_ticket_messages, ticket_messages.list_ticket_messages, Paged[TicketMessageWire]),
    ],
    "Magic Link": [
        Route("POST", "/{appId}/magic-link/request", magic_links_views.request_magic_link, magic_links.request_magic_link, RequestedWire, 202),
        Route("POST", "/{appId}/magic-link/verify", magic_links_views.verify_magic_link, magic_links.verify_magic_link, EndUserSessionWire, errors=(401,)),
    ],
    "Wants": [
        Route("GET", "/{appId}/wants/", want_board_views.list_public_wants, want_board.list_public_wants, Paged[PublicWantWire]),
        Route("POST", "/{appId}/wants/", want_board_views.create_want, want_submitting.create_want, Data[PublicWantWire], 201),
        Route("GET", "/{appId}/wants/{id}", want_board_views.get_public_want, want_board.get_public_want, Data[PublicWantWire]),
        Route("POST", "/{appId}/wants/{id}/vote", want_board_views.toggle_want_vote, want_votes.toggle_want_vote, Data[VoteWire]),
        Route("GET", "/admin/{appId}/wants/stats", wants_views.want_stats, wants.want_stats, Data[WantStatsWire]),
        Route("GET", "/admin/{appId}/wants/", wants_views.list_wants, wants.list_wants, Paged[WantWire]),
        Route("GET", "/admin/{appId}/wants/{id}", wants_views.get_want, wants.get_want, Data[WantWire]),
        Route("PATCH", "/admin/{appId}/wants/{id}", wants_views.update_want, wants.update_want, Data[WantWire]),
        Route("DELETE", "/admin/{appId}/wants/{id}", wants_views.delete_want, wants.delete_want, Message),
        Route("PATCH", "/admin/{appId}/wants/{id}/status", wants_views.change_want_status, want_changes.change_want_status, DataMessage[WantWire]),
        Route("PATCH", "/admin/{appId}/wants/{id}/priority", wants_views.change_want_priority, wants.change_want_priority, DataMessage[WantWire]),
    ],
    "Newsletter": [
        Route("POST", "/{appId}/newsletter/subscribe", subscribing_views.subscribe, subscribing.subscribe, Data[SubscribedWire], 201),
        Route("GET", "/{appId}/newsletter/unsubscribe/{token}", unsubscribing_views.show_unsubscription, unsubscribing.get_unsubscription, None, media_type="text/html", pages=(404,)),
        Route("POST", "/{appId}/newsletter/unsubscribe/{token}", unsubscribing_views.unsubscribe, unsubscribing.unsubscribe, None, media_type="text/html", pages=(404,)),
        Route("GET", "/admin/{appId}/newsletter/subscribers/stats", subscribers_views.subscriber_stats, subscribers.subscriber_stats, Data[SubscriberStatsWire]),
        Route("GET", "/admin/{appId}/newsletter/subscribers", subscribers_views.list_subscribers, subscribers.list_subscribers, Paged[SubscriberWire]),
        Route("POST", "/admin/{appId}/newsletter/subscribers", subscribers_views.create_subscriber, subscribers.create_subscriber, DataMessage[SubscriberWire], 201),
        Route("POST", "/admin/{appId}/newsletter/subscribers/import", subscriber_import_views.import_file, subscriber_import.import_subscribers, Data[ImportWire], uploads=FILES),
        Route("DELETE", "/admin/{appId}/newsletter/subscribers/{id}", subscribers_views.delete_subscriber, subscribers.delete_subscriber, Message),
        Route("GET", "/admin/{appId}/newsletter/campaigns", campaigns_views.list_campaigns, campaigns.list_campaigns, Paged[CampaignWire]),
        Route("POST", "/admin/{appId}/newsletter/campaigns", campaigns_views.create_campaign, campaigns.create_campaign, DataMessage[CampaignWithContentWire], 201),
        Route("GET", "/admin/{appId}/newsletter/campaigns/{id}", campaigns_views.get_campaign, campaigns.get_campaign, Data[CampaignWithContentWire]),
        Route("PATCH", "/admin/{appId}/newsletter/campaigns/{id}", campaigns_views.update_campaign, campaigns.update_campaign, DataMessage[CampaignWithContentWire]),
        Route("DELETE", "/admin/{appId}/newsletter/campaigns/{id}", campaigns_views.delete_campaign, campaigns.delete_campaign, Message),
        Route("POST", "/admin/{appId}/newsletter/campaigns/{id}/send", campaigns_views.send_campaign, campaign_life.send_campaign, Data[QueuedWire]),
        Route("POST", "/admin/{appId}/newsletter/campaigns/{id}/test", campaigns_views.test_campaign, campaign_life.test_campaign, Message),
        Route("GET", "/admin/{appId}/newsletter/templates", newsletter_templates_views.list_newsletter_templates, newsletter_templates.list_newsletter_templates, Paged[NewsletterTemplateWire]),
        Route("POST", "/admin/{appId}/newsletter/templates", newsletter_templates_views.create_newsletter_template, newsletter_templates.create_newsletter_template, DataMessage[NewsletterTemplateWire], 201),
        Route("PATCH", "/admin/{appId}/newsletter/templates/{id}", newsletter_templates_views.update_newsletter_template, newsletter_templates.update_newsletter_template, DataMessage[NewsletterTemplateWire]),
        Route("DELETE", "/admin/{appId}/newsletter/templates/{id}", newsletter_templates_views.delete_newsletter_template, newsletter_templates.delete_newsletter_template, Message),
    ],
    "Contacts": [
        Route("GET", "/admin/contacts/", contacts_views.list_contacts, contacts.list_contacts, Paged[ContactWire]),
        Route("GET", "/admin/contacts/{id}", contacts_views.get_contact, contacts.get_contact, Data[ContactWire]),
        Route("DELETE", "/admin/contacts/{id}", contacts_views.erase_contact, gdpr.erase_contact, Message),
        Route("PATCH", "/admin/contacts/{id}/consent", contacts_views.change_consent, consent.change_consent, DataMessage[ContactWire]),
        Route("POST", "/admin/contacts/{id}/opt-out", contacts_views.opt_out_contact, consent.opt_out_contact, DataMessage[ContactWire]),
        Route("GET", "/admin/contacts/{id}/export", contacts_views.export_contact, gdpr.export_contact, Data[PersonalDataWire]),
    ],
    "Webhooks": [
        Route("POST", "/webhooks/resend", webhooks_views.receive_resend_webhook, webhooks.receive_resend_webhook, ResendReceivedWire, signed_by=("svix-id", "svix-timestamp", "svix-signature")),
        Route("POST", "/webhooks/cold-provider", webhooks_views.receive_cold_provider_webhook, webhooks.receive_cold_provider_webhook, ReceivedMessageWire, signed_by=("X-Signature",)),
        Route("POST", "/webhooks/inbound/{provider}", webhooks_views.receive_inbound_webhook, webhooks.receive_inbound_webhook, ReceivedMessageWire, errors=(503,), signed_by=INBOUND, admit=webhooks_views.admit_inbound_webhook),
    ],
    "Email Tracking": [
        Route("GET", "/t/o/{token}", tracking_views.open_pixel, tracking.record_open, None, media_type="image/gif", is_shortcut=True),
        Route("GET", "/t/c/{token}", tracking_views.follow_link, tracking.record_click, None, 302, errors=(503,), media_type="text/plain", is_shortcut=True),
    ],
    "Email Events": [
        Route("GET", "/admin/email-events/", email_events_views.list_email_events, email_events.list_email_events, Paged[EmailEventWire]),
        Route("GET", "/admin/email-events/message/{messageId}", email_events_views.list_message_events, email_events.list_message_events, Data[list[EmailEventWire]]),
        Route("GET", "/admin/email-events/campaign/{campaignId}/stats", email_events_views.campaign_event_stats, email_analytics.campaign_event_stats, Data[CampaignEventStatsWire]),
    ],
    "Email Analytics": [
        Route("GET", "/admin/email/analytics/campaigns/{campaignId}", email_analytics_views.campaign_analytics, email_analytics.campaign_analytics, Data[CampaignAnalyticsWire]),
        Route("GET", "/admin/email/analytics/campaigns/{campaignId}/recipients", email_analytics_views.list_campaign_recipients, email_analytics.list_campaign_recipients, Paged[RecipientWire]),
        Route("GET", "/admin/email/analytics/contacts/{contactId}", email_analytics_views.contact_email_analytics, email_analytics.contact_email_analytics, Data[ContactEmailAnalyticsWire]),
        Route("GET", "/admin/email/analytics/overview", email_analytics_views.email_overview, email_analytics.email_overview, Data[EmailOverviewWire]),
    ],
    "Email Jobs": [
        Route("GET", "/admin/email-jobs/", email_jobs_views.list_email_jobs, email_jobs.list_email_jobs, Paged[EmailJobWire]),
        Route("GET", "/admin/email-jobs/stats", email_jobs_views.email_job_stats, email_jobs.email_job_stats, Data[EmailJobStatsWire]),
        Route("GET", "/admin/email-jobs/{id}", email_jobs_views.get_email_job, email_jobs.get_email_job, Data[EmailJobWire]),
    ],
    "Sequences": [
        Route("GET", "/admin/sequences/", sequences_views.list_sequences, sequences.list_sequences, Paged[SequenceWire]),
        Route("POST", "/admin/sequences/", sequences_views.create_sequence, sequences.create_sequence, Data[SequenceWire], 201),
        Route("GET", "/admin/sequences/{id}", sequences_views.get_sequence, sequences.get_sequence, Data[SequenceWire]),
        Route("PATCH", "/admin/sequences/{id}", sequences_views.update_sequence, sequences.update_sequence, Data[SequenceWire]),
        Route("DELETE", "/admin/sequences/{id}", sequences_views.delete_sequence, sequences.delete_sequence, Message),
        Route("POST", "/admin/sequences/{id}/activate", sequences_views.activate_sequence, sequences.activate_sequence, Data[SequenceWire]),
        Route("POST", "/admin/sequences/{id}/deactivate", sequences_views.deactivate_sequence, sequences.deactivate_sequence, Data[SequenceWire]),
        Route("POST", "/admin/sequences/{id}/enroll", enrollments_views.enroll, enrolling.enroll, Data[EnrolledWire], errors=(404,)),
        Route("GET", "/admin/sequences/{id}/enrollments", enrollments_views.list_enrollments, enrollments.list_enrollments, Paged[EnrollmentWire], errors=(404,)),
        Route("POST", "/admin/sequences/enrollments/{id}/pause", enrollments_views.pause_enrollment, enrollments.pause_enrollment, Data[EnrollmentWire]),
        Route("POST", "/admin/sequences/enrollments/{id}/resume", enrollments_views.resume_enrollment, enrollments.resume_enrollment, Data[EnrollmentWire]),
        Route("POST", "/admin/sequences/enrollments/{id}/exit", enrollments_views.exit_enrollment, enrollments.exit_enrollment, Data[EnrollmentWire]),
    ],
    "Inbound Mail": [
        Route("GET", "/admin/inbound/messages", inbound_messages_views.list_inbound_messages, inbound_messages.list_inbound_messages, Paged[InboundMessageWire], errors=(404,)),
        Route("GET", "/admin/inbound/messages/stats", inbound_messages_views.show_inbound_stats, inbound_stats.inbound_stats, Data[InboundStatsWire], errors=(404,)),
        Route("GET", "/admin/inbound/messages/{id}", inbound_messages_views.get_inbound_message, inbound_messages.get_inbound_message, Data[InboundMessageDetailWire]),
    ],
    "Health": [
        Route("GET", "/health", health_views.get_health, health.get_health, HealthWire, errors=(503,)),
    ],
    "Data Export": [
        Route("GET", "/data-export/{token}", data_exports_views.show_data_export, data_exports.open_data_export, None, media_type="text/html", pages=(404, 410)),
        Route("GET", "/data-export/{token}/download", data_exports_views.download_data_export, data_exports.open_data_export, None, media_type="application/json", pages=(404, 410)),
    ],
    "Slack Routing": [
        Route("GET", "/admin/slack-routing/", slack_routing_views.list_slack_rules, slack_routing.list_slack_rules, Paged[SlackRuleWire]),
        Route("POST", "/admin/slack-routing/", slack_routing_views.create_slack_rule, slack_routing.create_slack_rule, DataMessage[SlackRuleWire], 201, errors=(404,)),
        Route("PATCH", "/admin/slack-routing/{id}", slack_routing_views.update_slack_rule, slack_routing.update_slack_rule, DataMessage[SlackRuleWire]),
        Route("DELETE", "/admin/slack-routing/{id}", slack_routing_views.delete_slack_rule, slack_routing.delete_slack_rule, Message),
    ],
    "Email Agent": [
        Route("GET", "/admin/agent/actions", agent_actions_views.list_agent_actions, agent_actions.list_agent_actions, Paged[AgentActionWire]),
        Route("GET", "/admin/agent/actions/stats", agent_actions_views.show_agent_stats, agent_stats.agent_stats, Data[AgentStatsWire], errors=(404,)),
        Route("GET", "/admin/agent/actions/{id}", agent_actions_views.get_agent_action, agent_actions.get_agent_action, Data[AgentActionWire]),
        Route("POST", "/admin/agent/actions/{id}/override", agent_actions_views.override_agent_action, agent_decisions.override_agent_action, DataMessage[AgentActionWire]),
        Route("POST", "/admin/agent/draft", agent_actions_views.draft_email, agent_drafts.draft_email, Data[DraftedWire], 201, errors=(503,)),
        Route("POST", "/admin/agent/draft/{actionId}/send", agent_actions_views.send_agent_draft, agent_sending.send_agent_draft, DataMessage[AgentActionWire]),
    ],
    "Prospects": [
        Route("GET", "/admin/prospects/", prospects_views.list_prospects, prospects.list_prospects, Paged[ProspectWire]),
        Route("POST", "/admin/prospects/", prospects_views.create_prospect, prospects.create_prospect, DataMessage[ProspectWithHistoryWire], 201),
        Route("GET", "/admin/prospects/stats", prospects_views.prospect_stats, prospects.prospect_stats, Data[ProspectStatsWire]),
        Route("POST", "/admin/prospects/import", prospects_views.import_file, prospect_import.import_prospects, Data[ProspectsImportWire], uploads=PROSPECT_FILES),
        Route("GET", "/admin/prospects/{id}", prospects_views.get_prospect, prospects.get_prospect, Data[ProspectWithHistoryWire]),
        Route("PATCH", "/admin/prospects/{id}", prospects_views.update_prospect, prospects.update_prospect, DataMessage[ProspectWithHistoryWire]),
        Route("DELETE", "/admin/prospects/{id}", prospects_views.delete_prospect, prospects.delete_prospect, Message),
        Route("GET", "/admin/prospects/{id}/activity", prospects_views.list_activity, prospect_timelines.list_prospect_activity, Paged[ProspectActivityWire]),
        Route("POST", "/admin/prospects/{id}/notes", prospects_views.add_note, prospect_notes.add_prospect_note, DataMessage[ProspectNoteWire]),
    ],
    "Automations": [
        Route("POST", "/admin/automations/configs/validate-condition", automations_views.validate_condition, automation_conditions.validate_condition, Data[ConditionCheckWire]),
        Route("GET", "/admin/automations/configs", automations_views.list_automations, automations.list_automations, Paged[AutomationWire], errors=(404,)),
        Route("POST", "/admin/automations/configs", automations_views.create_automation, automations.create_automation, DataMessage[AutomationWire], 201, errors=(404,)),
        Route("GET", "/admin/automations/configs/{id}", automations_views.get_automation, automations.get_automation, Data[AutomationWire]),
        Route("PUT", "/admin/automations/configs/{id}", automations_views.replace_automation, automations.replace_automation, DataMessage[AutomationWire]),
        Route("PATCH", "/admin/automations/configs/{id}", automations_views.update_automation, automations.update_automation, DataMessage[AutomationWire]),
        Route("DELETE", "/admin/automations/configs/{id}", automations_views.delete_automation, automations.delete_automation, Message),
        Route("POST", "/admin/automations/configs/{id}/toggle", automations_views.toggle_automation, automations.toggle_automation, DataMessage[AutomationWire]),
        Route("GET", "/admin/automations/{appId}/stats", automations_views.automation_stats_of_app, automation_stats.automation_stats, Data[AutomationStatsWire]),
        Route("GET", "/admin/automations/{appId}/trackers", automation_trackers_views.list_trackers, automation_trackers.list_automation_trackers, Paged[TrackerWire]),
        Route("GET", "/admin/automations/{appId}/trackers/{shopDomain}/timeline", automation_trackers_views.get_timeline, automation_trackers.shop_timeline, Data[list[ShopEntryWire]]),
        Route("GET", "/admin/automations/{appId}/trackers/{shopDomain}", automation_trackers_views.get_tracker, automation_trackers.get_shop_tracker, Data[TrackerWire]),
        Route("PATCH", "/admin/automations/{appId}/trackers/{shopDomain}", automation_trackers_views.update_tracker, automation_trackers.change_shop_tracker, DataMessage[TrackerWire]),
        Route("DELETE", "/admin/automations/{appId}/trackers/{shopDomain}", automation_trackers_views.delete_tracker, automation_trackers.delete_shop_tracker, Message),
    ],
    "Email Alerts": [
        Route("GET", "/admin/email-alerts/", email_alerts_views.list_email_alerts, email_alerts.list_email_alerts, Paged[EmailAlertWire]),
        Route("PATCH", "/admin/email-alerts/{id}/resolve", email_alerts_views.resolve_email_alert, email_alerts.resolve_email_alert, Data[EmailAlertWire]),
    ],
    "Plans": [
        Route("GET", "/{appId}/plans/stats", plans_views.plan_stats, plans.plan_stats, Data[PlanStatsWire]),
        Route("GET", "/{appId}/plans/active", plans_views.list_active_plans, plans.list_plans, Data[list[PlanWire]]),
        Route("GET", "/{appId}/plans/features", plans_views.plan_features, plans.plan_features, Data[list[str]]),
        Route("GET", "/{appId}/plans/", plans_views.list_plans, plans.list_plans, Paged[PlanWire]),
        Route("POST", "/{appId}/plans/", plans_views.create_plan, plans.create_plan, DataMessage[PlanWire], 201),
        Route("GET", "/{appId}/plans/{planId}", plans_views.get_plan, plans.get_plan, Data[PlanWire]),
        Route("PATCH", "/{appId}/plans/{planId}", plans_views.update_plan, plans.update_plan, DataMessage[PlanWire]),
        Route("DELETE", "/{appId}/plans/{planId}", plans_views.delete_plan, plans.delete_plan, Message),
        Route("PATCH", "/{appId}/plans/{planId}/toggle", plans_views.toggle_plan, plans.toggle_plan, DataMessage[PlanWire]),
    ],
    "App Events": [
        Route("POST", "/{appId}/events/app-installed", app_events_views.app_installed, app_events.create_app_event, Data[ReceivedWire]),
        Route("POST", "/{appId}/events/{eventName}", app_events_views.create_app_event, app_events.create_app_event, Data[ReceivedWire]),
    ],
}

BEYOND_THE_CONTRACT: Final[Categories] = {
    "Health": [
        Route("GET", "/health/live", health_views.get_liveness, health.get_liveness, LivenessWire, is_shortcut=True),
        Route("GET", "/health/ready", health_views.get_readiness, health.get_readiness, ReadinessWire, errors=(503,), is_shortcut=True),
    ],
    "Tickets": [
        Route("POST", "/{appId}/tickets/{messageId}/rating", ticket_ratings_views.rate_ticket, ticket_ratings.rate_ticket, DataMessage[TicketWire]),
        Route("GET", "/{appId}/tickets/rate/{token}", ticket_ratings_views.show_ticket_rating, ticket_ratings.get_ticket_rating, None, media_type="text/html", pages=(404,)),
        Route("POST", "/{appId}/tickets/rate/{token}", ticket_ratings_views.rate_ticket_by_link, ticket_ratings.rate_ticket_by_link, None, media_type="text/html", pages=(400, 404)),
        Route("POST", "/{appId}/attachments", attachments_views.upload_attachments, attachments.upload_attachments, Data[list[AttachmentWire]], 201, uploads=ATTACHMENTS),
        Route("GET", "/{appId}/attachments/{id}", attachments_views.download_attachment, attachments.get_attachment, None, media_type="application/octet-stream", errors=(416,)),
        Route("GET", "/{appId}/attachments/{id}/{token}", attachments_views.download_linked_attachment, attachments.get_linked_attachment, None, media_type="application/octet-stream", errors=(410, 416)),
    ],
    "Magic Link": [
        Route("GET", "/{appId}/magic-link/{token}", magic_links_views.show_magic_link, magic_links.get_magic_link, None, media_type="text/html", pages=(404, 410)),
        Route("POST", "/{appId}/magic-link/{token}", magic_links_views.follow_magic_link, magic_links.follow_magic_link, None, media_type="text/html", pages=(303, 404, 410)),
    ],
    "Logs": [
        Route("POST", "/{appId}/logs/", logs_views.ingest_logs, log_ingestion.ingest_logs, Data[IngestedLogsWire], 201, largest_body=5_000_000),
    ],
    "Newsletter": [
        Route("GET", "/{appId}/newsletter/confirm/{token}", subscribing_views.show_confirmation, subscribing.get_newsletter_confirmation, None, media_type="text/html", pages=(404, 410)),
        Route("POST", "/{appId}/newsletter/confirm/{token}", subscribing_views.confirm, subscribing.confirm_newsletter, None, media_type="text/html", pages=(404, 410)),
    ],
    "Webhooks": [
        Route("POST", "/webhooks/shopify/{appId}", webhooks_views.receive_shopify_webhook, webhooks.receive_shopify_webhook, ReceivedMessageWire, signed_by=("X-Shopify-Hmac-Sha256", "X-Shopify-Topic", "X-Shopify-Shop-Domain", "X-Shopify-Webhook-Id")),
    ],
}
"""Paths that the contract does not have, and that are served all the same, each with a reason in `docs/decisions`."""

ALL: Final[Categories] = {name: [*routes, *BEYOND_THE_CONTRACT.get(name, [])] for name, routes in CATEGORIES.items()}
# fmt: on
