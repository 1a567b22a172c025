"""A story: units that behave like units, from a seed. Pure: it says who does what and when.

Rehearsal and demo play the same stories, so their journals can be compared.
"""

from duban.story.acts import Act, File, Said, Story
from duban.story.telling import opening, tell

__all__ = ["Act", "File", "Said", "Story", "opening", "tell"]
