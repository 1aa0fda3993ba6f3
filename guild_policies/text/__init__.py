"""The text of a policy: how it is parsed, and how a policy is written back as text."""
