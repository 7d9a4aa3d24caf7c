"""The one place where adapters are plugged in: ``local`` for this process alone, ``service`` for the whole service."""
