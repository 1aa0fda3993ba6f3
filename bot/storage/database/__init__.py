"""The database itself: engine, migrations, backups, group commit, errors."""
