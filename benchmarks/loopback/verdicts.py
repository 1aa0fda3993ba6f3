"""Where the bot's database has its verdicts, for runs that count what was judged."""

from __future__ import annotations

#: Every verdict: message, edit, version. One that joined its author's open case is a further message of that case.
VERDICTS = """
    SELECT message_id, edit, version_id FROM clear_verdicts
    UNION ALL SELECT message_id, edit, version_id FROM cases
    UNION ALL SELECT message_id, edit, version_id FROM case_messages
"""
