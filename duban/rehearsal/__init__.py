"""A rehearsal 推演: the whole campaign against a throw-away ledger and a virtual clock, in seconds."""

from duban.rehearsal.accounts import Account, account
from duban.rehearsal.playing import PaperTransport, Rehearsal, perform, play, rehearse
from duban.rehearsal.teller import Day

__all__ = ["Account", "Day", "PaperTransport", "Rehearsal", "account", "perform", "play", "rehearse"]
