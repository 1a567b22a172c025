"""What the commands show: values for templates, and the JSON contracts of DESIGN section 10."""

from duban.views.agenda import LINES, LINES_OF_A_DUTY, agenda_json, agenda_view, chosen
from duban.views.anew import made_anew
from duban.views.approvals import approvals_json, approvals_view, circular_json, circular_view
from duban.views.calls import asked_words, calls_json, calls_view
from duban.views.check import check_view
from duban.views.comparison import comparison
from duban.views.explanation import explanation, explanation_json
from duban.views.ledger import receipt_json, status_json, status_view
from duban.views.messages import messages, messages_json, messages_view
from duban.views.totals import groups_json, groups_view, targets_json, targets_view, totals_json, totals_view

__all__ = [
    "LINES",
    "LINES_OF_A_DUTY",
    "agenda_json",
    "agenda_view",
    "approvals_json",
    "approvals_view",
    "asked_words",
    "calls_json",
    "calls_view",
    "check_view",
    "chosen",
    "circular_json",
    "circular_view",
    "comparison",
    "explanation",
    "explanation_json",
    "groups_json",
    "groups_view",
    "made_anew",
    "messages",
    "messages_json",
    "messages_view",
    "receipt_json",
    "status_json",
    "status_view",
    "targets_json",
    "targets_view",
    "totals_json",
    "totals_view",
]
