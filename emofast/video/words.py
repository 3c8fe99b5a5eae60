"""Times and names as people write them."""

import re


def clock(seconds: float) -> str:
    """61.25 as 1:01.3; an hour and more as 1:02:03.4."""
    tenths = int(seconds * 10 + 0.5)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:{minutes:02d}:" if hours else f"{minutes}:") + f"{rest // 10:02d}.{rest % 10}"


def seconds_of(text: str) -> float:
    """Seconds from "12.5", "1:02.5" or "1:00:02". Raises `ValueError` for anything else."""
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d*)?", text.strip()):
        raise ValueError(f"{text!r} is no time; write seconds (75.5) or minutes (1:15.5)")
    return sum(60**k * float(part) for k, part in enumerate(reversed(text.split(":"))))


def one_line(name: str) -> str:
    """A file name as one line that can be written anywhere: names of old disks may be no UTF-8, or hold line breaks."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
