"""The commands of `bylaw`, one file each. Commands import what they need when they run, so that ``--help`` is fast."""
