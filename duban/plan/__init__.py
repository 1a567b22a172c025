"""The plan 工作方案: a campaign as data. Pure: texts go in, a typed Plan or every mistake comes out."""

from duban.plan.bundle import Bundle, parse
from duban.plan.duties import Duty
from duban.plan.forms import Form, Indicator
from duban.plan.model import Plan
from duban.plan.plan_file import Phase
from duban.plan.units import Unit

__all__ = ["Bundle", "Duty", "Form", "Indicator", "Phase", "Plan", "Unit", "parse"]
