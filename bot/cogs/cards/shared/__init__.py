"""Cards that stand for many cases, such as a raid: what they show, their buttons, and the raid controls on them."""
