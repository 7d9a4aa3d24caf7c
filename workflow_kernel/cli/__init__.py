"""The command line: ``workflow run report.flow``. Holds no rules of its own; every command loads only what it needs."""
