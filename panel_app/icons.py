"""Icons as SVG, drawn on a grid of 24 with lines of 1.75; coloured as the text they stand in."""

from __future__ import annotations

from markupsafe import Markup

_PATHS = {
    "overview": "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 8h6V4h-6z",
    "workflows": "M4 5h5v5H4zM15 14h5v5h-5zM9 7.5h4a3 3 0 0 1 3 3V14",
    "templates": "M4 4h16v5H4zM4 13h7v7H4zM15 13h5v7h-5z",
    "executions": "M5 12a7 7 0 1 0 2.4-5.3M5 4v4h4M12 8v4l3 2",
    "credentials": "M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 11.5h9v3M17.5 11.5v2.5",
    "variables": "M8 4c-2 0-3 1-3 3v2.5c0 1.5-.8 2.5-2 2.5 1.2 0 2 1 2 2.5V17c0 2 1 3 3 3M16 4c2 0 3 1 3 3v2.5"
    "c0 1.5.8 2.5 2 2.5-1.2 0-2 1-2 2.5V17c0 2-1 3-3 3M10 10l4 4M14 10l-4 4",
    "triggers": "M13 3L5 13.5h6L10 21l9-11h-6.5z",
    "queues": "M4 6h16M4 12h16M4 18h10M18 16v4M20 18h-4",
    "cluster": "M4 4h16v6H4zM4 14h16v6H4zM7.5 7h.01M7.5 17h.01M12 10v4",
    "users": "M15.5 19.5c0-2.8-2.5-4.5-6-4.5s-6 1.7-6 4.5M9.5 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7"
    "M16 4.8a3.5 3.5 0 0 1 0 6.4M17.5 15.3c1.9.7 3 2.1 3 4.2",
    "roles": "M12 3l7 3v5.5c0 4.5-3 7.7-7 9.5-4-1.8-7-5-7-9.5V6zM9 12l2 2 4-4",
    "audit": "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
    "projects": "M3.5 7a2 2 0 0 1 2-2H10l2 2.5h6.5a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z",
    "profile": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20c.7-3.5 3.6-5.5 7.5-5.5s6.8 2 7.5 5.5",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l4.5 4.5",
    "plus": "M12 5v14M5 12h14",
    "import": "M12 4v11M7.5 10.5L12 15l4.5-4.5M4 20h16",
    "export": "M12 15V4M7.5 8.5L12 4l4.5 4.5M4 20h16",
    "play": "M7 4.5v15l12-7.5z",
    "stop": "M6 6h12v12H6z",
    "retry": "M19 12a7 7 0 1 1-2.4-5.3M19 4v4h-4",
    "fork": "M7 5v14M7 12c6 0 9-1 9-5M16 7a1.7 1.7 0 1 0 0-3.4A1.7 1.7 0 0 0 16 7",
    "more": "M5.5 12h.01M12 12h.01M18.5 12h.01",
    "close": "M6 6l12 12M18 6L6 18",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "alert": "M12 4l9 16H3zM12 10v4.5M12 17.3v.01",
    "clock": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17M12 7.5V12l3 2",
    "pause": "M8 5v14M16 5v14",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "trash": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
    "share": "M17 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M7 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M17 21"
    "a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M9.2 10.8l5.6-3.6M9.2 13.2l5.6 3.6",
    "edit": "M4 20h4L19.5 8.5l-4-4L4 16zM13 7l4 4",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "moon": "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5",
    "sun": "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3"
    "l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    "leave": "M14 4H5v16h9M10 12h10M16.5 8.5L20 12l-3.5 3.5",
    "key": "M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 11.5h9v3M17.5 11.5v2.5",
    "mail": "M3.5 5.5h17v13h-17zM4 6.5l8 6.5 8-6.5",
    "webhook": "M9 8a3 3 0 1 1 5 2.2l3 5.3M12 8l-4 7.5a2.5 2.5 0 1 1-3.5-1M17.5 18.5a2.5 2.5 0 1 0-2-3.5H9",
    "folder": "M3.5 7a2 2 0 0 1 2-2H10l2 2.5h6.5a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z",
    "tag": "M4 4h7l9 9-7 7-9-9zM8 8h.01",
    "external": "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    "left": "M15 5l-7 7 7 7",
    "right": "M9 5l7 7-7 7",
    "down": "M6 9.5l6 6 6-6",
    "node": "M5 8h14v8H5zM2.5 12H5M19 12h2.5",
    "compare": "M8 4v16M16 4v16M4 8l4-4 4 4M12 16l4 4 4-4",
    "book": "M5 4h6a3 3 0 0 1 3 3v13a2.5 2.5 0 0 0-2.5-2.5H5zM19 4h-2a3 3 0 0 0-3 3",
    "log": "M5 6h14M5 10h14M5 14h9M5 18h6",
    "logo": "M3 6h6v5H3zM15 13h6v5h-6zM9 8.5h1.5a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 0 1.5 1.5H15",
}

NAMES = frozenset(_PATHS)


def icon(name: str, label: str = "") -> Markup:
    """An icon.

    Parameters
    ----------
    name: of it. label: what a screen reader says; nothing where the text beside it says it.
    """
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" viewBox="0 0 24 24" {}><path d="{}"/></svg>').format(spoken, _PATHS[name])
