import re

LINE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d) "
    r"(?P<level>DEBUG|INFO|WARNING|ERROR) (?P<source>\w+): (?P<message>.*)"
)


def parse_log_line(line):
    """Read a line such as "2024-05-17 09:31:02 ERROR disk: no space left" and return a dict with the
    keys date, time, level, source and message, all of them strings. The date is made of digits as
    shown, and so is the time; the level is one of DEBUG, INFO, WARNING and ERROR; the source is a word
    of letters, digits and underscores. Return None for every other line."""
    found = LINE.fullmatch(line)
    return found.groupdict() if found else None
