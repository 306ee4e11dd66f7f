"""The faults that the site has to stand, and what is expected of it in each. The drills show whether it does."""

from __future__ import annotations

FAULTS = {
    "F1": ("A worker is killed while it saves", "what was acknowledged is there once; a retry gets the same result"),
    "F2": ("The server and all its workers are killed", "back within 5 s; nothing acknowledged is lost"),
    "F3": ("The power fails", "each acknowledged write was forced to the disk first"),
    "F4": (
        "The database is away",
        "pages answer 200 with a notice; forms 503, a time to come back, and what was typed",
    ),
    "F5": ("The database takes no writes", "as F4; the admin says that it is read-only"),
    "F6": ("The database hangs", "a page within 1 s; writes give up at 5 s; workers stay free"),
    "F7": ("The database is locked", "writes answer 503 after 5 s at most, and never 500"),
    "F8": ("The disk is full", "nothing corrupt, pages work, writes answer 503, somebody is told"),
    "F9": ("The clock jumps by a day, also backwards", "no negative ages, no code valid too long, order by number"),
    "F10": (
        "A migration runs while the site serves",
        "old code works on new tables and new on old; locks for 2 s at most",
    ),
    "F11": ("A migration fails half-way", "rolled back, or can be run again; the site goes on"),
    "F12": ("A broken or hostile import", "refused whole, line and field named, nothing changed"),
    "F13": ("Two editors publish at once", "one wins; the other reads 409 and what is different"),
    "F14": ("Two editors change one rule", "no text is lost; the second sees both"),
    "F15": (
        "A release is rolled back",
        "the old content is back within a minute, links are as before, the trail says so",
    ),
    "F16": ("A release is recalled", "every link of it shows the recall within 60 s, whichever worker answers"),
    "F17": ("Ten times as many visitors", "p95 below 500 ms, 429 or 503 and no time-out; well again within 30 s"),
    "F18": ("What is cached is lost, spoilt or of another version", "the right result, only slower"),
    "F19": ("Two versions of the code serve side by side", "either serves any link; both find their files"),
    "F20": ("A form is sent twice, at once or later", "one record, the same page"),
    "F21": ("A client vanishes, or sends a byte at a time", "the transaction ends; the worker is free within 30 s"),
    "F22": ("The release file is spoilt", "the checksum finds out; the last good one is shown; somebody is told"),
    "F23": ("The secret key is replaced", "sessions and forms of the old key go on until it is dropped"),
    "F24": ("An empty machine and a backup", "the site is up within 30 minutes and every hash is the same"),
    "F25": ("The mail server is down", "an enquiry is stored and acknowledged; its mail waits; staff see that"),
    "F26": ("Scripts are off, missing or blocked", "the whole journey works with plain forms"),
}
"""Number -> what is broken, and what is expected."""

NOT_HERE: dict[str, str] = {}
"""Number -> why no drill shows it. It counts as not shown."""
