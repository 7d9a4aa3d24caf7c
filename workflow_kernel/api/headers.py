"""Headers that keep browsers from doing what we do not mean."""

from __future__ import annotations

from collections.abc import Mapping

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For data: a browser that is tricked into showing it as a page runs and loads nothing."""

COMMON: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

HTTPS_ONLY = "max-age=31536000"


def page_policy(*, scripts: str = "'self'", styles: str = "'self'", images: str = "'self' data:") -> str:
    """The policy for a page of ours: everything from here, nothing inline, in nobody's frame.

    Parameters
    ----------
    scripts, styles, images: sources, e.g. ``'self' 'nonce-...'``.
    """
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src {images}; font-src 'self' data:; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
