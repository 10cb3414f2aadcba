"""Verifies the assertion of a Keygate gateway. Needs PyJWT and cryptography (Debian: python3-jwt, python3-cryptography)."""

import base64
import hashlib
import http.client
import json
import re
import threading
import time
import urllib.request

import jwt

LIFE_SECONDS = 60
SKEW_SECONDS = 30
KEYS_LIFE_SECONDS = 300
COOLDOWN_SECONDS = 30
RETRY_SECONDS = 1
MAX_LENGTH = 64 * 1024


class AssertionRefused(Exception):
    """`code` is a code of keygate-origin. Answer 503 for keys_unavailable, 401 for any other."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Public keys come only from the issuer, never from a redirect."""

    def redirect_request(self, *_):
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


class IssuerKeys:
    """The public keys of one issuer: kept for five minutes, fetched again for an unknown key id, at most twice a minute."""

    def __init__(self, issuer, fetch=None, now=time.monotonic):
        self._url = issuer + "/.well-known/jwks.json"
        self._fetch = fetch or self._get
        self._now = now
        self._lock = threading.Lock()
        self._keys = {}
        self._fetched_at = self._tried_at = float("-inf")

    def find(self, kid):
        if self._age() >= KEYS_LIFE_SECONDS / 2:
            if kid in self._keys and self._age() < KEYS_LIFE_SECONDS:
                self._refresh_in_background()
            else:
                self._refresh(RETRY_SECONDS)
        if kid not in self._keys:
            self._refresh(COOLDOWN_SECONDS)
        key = self._keys.get(kid)
        if self._age() >= KEYS_LIFE_SECONDS:
            raise AssertionRefused("keys_unavailable")
        if key is None:
            raise AssertionRefused("key_unknown")
        return key

    def _refresh_in_background(self):
        """A request whose key is known never waits for the issuer."""
        if self._is_due(RETRY_SECONDS) and not self._lock.locked():
            threading.Thread(target=self._refresh, args=(RETRY_SECONDS,), daemon=True).start()

    def _refresh(self, gap):
        """Unless an attempt ended within `gap` seconds. One attempt serves all who wait."""
        with self._lock:
            if not self._is_due(gap):
                return
            begun_at = self._now()
            try:
                keys = json.loads(self._fetch(self._url))["keys"]
                usable = [key for key in keys if key.get("kty") == "EC" and key.get("crv") == "P-256" and "kid" in key]
                self._keys = {key["kid"]: jwt.PyJWK(key, algorithm="ES256").key for key in usable}
                self._fetched_at = begun_at
            except (OSError, ValueError, KeyError, TypeError, AttributeError, http.client.HTTPException, jwt.PyJWTError):
                pass  # The current keys stay valid until they are too old.
            finally:
                self._tried_at = self._now()

    def _is_due(self, gap):
        return self._now() - self._tried_at >= gap

    def _age(self):
        return self._now() - self._fetched_at

    @staticmethod
    def _get(url):
        with _OPENER.open(url, timeout=5) as response:
            return response.read()


class Verifier:
    """`audience`: this origin's name in gateway.config.ts; `issuer`: its environment's. `seen(jti)`: whether it was used before."""

    def __init__(self, issuer, audience, keys=None, seen=None, now=time.time):
        self._issuer = issuer
        self._audience = audience
        self._keys = keys or IssuerKeys(issuer)
        self._seen = seen
        self._now = now

    def verify(self, method, target, assertion):
        """Returns the claims, or raises AssertionRefused. `target`: path and query as the request line has them;
        `assertion`: the value of Keygate-Assertion, several joined by commas."""
        header, payload = _parse(assertion)
        kid = _check_header(header)
        if payload.get("iss") != self._issuer:
            raise AssertionRefused("issuer_wrong", _differing(self._issuer, payload.get("iss")))
        _check_signature(assertion, self._keys.find(kid))
        _check_claims(payload)
        if payload["aud"] != self._audience:
            raise AssertionRefused("audience_wrong", _differing(self._audience, payload["aud"]))
        if payload["iat"] > self._now() + SKEW_SECONDS:
            raise AssertionRefused("issued_in_future")
        if payload["exp"] + SKEW_SECONDS <= self._now():
            raise AssertionRefused("expired")
        _check_request(payload, method, target)
        if self._seen and self._seen(payload["jti"]):
            raise AssertionRefused("replayed")
        return payload


def _differing(expected, received):
    return f"expected {json.dumps(expected)}, received {json.dumps(received)[:200]}"


def _parse(assertion):
    if not assertion:
        raise AssertionRefused("assertion_missing")
    if "," in assertion:
        raise AssertionRefused("assertion_repeated")
    if len(assertion) > MAX_LENGTH:
        raise AssertionRefused("assertion_too_long")
    parts = assertion.split(".")
    if len(parts) != 3:
        raise AssertionRefused("assertion_malformed")
    try:
        header, payload = (json.loads(_decode(part).decode("utf-8")) for part in parts[:2])
        _decode(parts[2])
    except (ValueError, RecursionError):
        raise AssertionRefused("assertion_malformed") from None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise AssertionRefused("assertion_malformed")
    return header, payload


def _check_header(header):
    if header.get("alg") != "ES256":
        raise AssertionRefused("algorithm_forbidden")
    if header.get("typ") != "keygate-assertion+jwt":
        raise AssertionRefused("type_wrong")
    if not set(header) <= {"alg", "typ", "kid"}:
        raise AssertionRefused("header_forbidden")
    if not _is_text(header.get("kid")):
        raise AssertionRefused("key_unknown")
    return header["kid"]


def _check_signature(assertion, key):
    unchecked = ["exp", "nbf", "iat", "aud", "iss"]
    options = {"verify_signature": True, **{f"verify_{claim}": False for claim in unchecked}}
    try:
        jwt.decode(assertion, key, algorithms=["ES256"], options=options)
    except jwt.PyJWTError:
        raise AssertionRefused("signature_wrong") from None


def _check_claims(claims):
    texts = ["iss", "aud", "sub", "org", "env", "rid", "jti", "htm", "htu"]
    optional = ["member", "role", "htq", "digest"]
    workspaces = claims.get("workspaces")
    reaches = {
        "organization": "workspaces" not in claims,
        "workspace": isinstance(workspaces, list) and all(_is_text(each) for each in workspaces),
    }
    reach = claims.get("reach")
    well = (
        all(_is_text(claims.get(name)) for name in texts)
        and isinstance(claims.get("scope"), str)
        and all(name not in claims or _is_text(claims[name]) for name in optional)
        and isinstance(reach, str)
        and reaches.get(reach, False)
        and all(type(claims.get(name)) is int for name in ("iat", "exp"))
        and 0 < claims["exp"] - claims["iat"] <= LIFE_SECONDS
    )
    if not well:
        raise AssertionRefused("claims_malformed")


def _check_request(claims, method, target):
    if claims["htm"] != method:
        raise AssertionRefused("method_mismatch")
    path, _, query = target.partition("?")
    digest = _encode(hashlib.sha256(query.encode()).digest()) if query else None
    if claims["htu"] != path or claims.get("htq") != digest:
        raise AssertionRefused("target_mismatch")


def _is_text(value):
    return isinstance(value, str) and value != ""


def _decode(part):
    if not re.fullmatch(r"[A-Za-z0-9_-]*", part):
        raise ValueError(part)
    decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if _encode(decoded) != part:
        raise ValueError(part)
    return decoded


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
