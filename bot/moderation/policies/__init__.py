"""Policies in force: publishing, pins, consequences, scope, and the text that members may read."""
