"""The headers that every response carries."""

from __future__ import annotations

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self' blob:",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "require-trusted-types-for": "'script'",
    "upgrade-insecure-requests": "",
}

_PERMISSIONS = {
    "accelerometer": "()",
    "autoplay": "(self)",
    "camera": "(self)",
    "display-capture": "()",
    "encrypted-media": "()",
    "fullscreen": "(self)",
    "geolocation": "()",
    "gyroscope": "()",
    "magnetometer": "()",
    "microphone": "(self)",
    "midi": "()",
    "payment": "()",
    "publickey-credentials-get": "(self)",
    "screen-wake-lock": "(self)",
    "usb": "()",
    "xr-spatial-tracking": "()",
}

# The server itself adds these to whatever it sends, so that an answer which never
# reached the application (a malformed request) has them too.
SECURITY: dict[str, str] = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "; ".join(f"{k} {v}".strip() for k, v in _POLICY.items()),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{k}={v}" for k, v in _PERMISSIONS.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-DNS-Prefetch-Control": "off",
}

# The one header that a page may answer otherwise (a style sheet may be kept), so the
# application sets it.
CACHE_CONTROL = "no-store"

# As ASGI wants them: lower case, bytes.
RAW: tuple[tuple[bytes, bytes], ...] = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY.items()
)
