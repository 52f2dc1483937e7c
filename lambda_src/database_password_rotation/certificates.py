"""Whose signature under a database's certificate is believed: Amazon RDS's own authorities, one set for each Region."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

from secret_rotation.logic import RotationError

# The root certificates of AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html, good until 2061 at least.
PACKAGED = Path(__file__).with_name("rds_certificates.pem")

_TRUST_STORE = "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
_SECONDS = 5


def fetched(region: str) -> str:
    """Those of a Region younger than this package, over a connection that public authorities vouch for."""
    try:
        with urlopen(_TRUST_STORE.format(region=region), timeout=_SECONDS) as answer:  # noqa: S310 - https, and ours
            return str(answer.read().decode())
    except OSError as error:
        raise RotationError(f"the certificates of Amazon RDS in {region} can't be had: {error}") from None


def tls_for(region: str, *, packaged: Path = PACKAGED, fetch: Callable[[str], str] = fetched) -> ssl.SSLContext:
    """Verifies certificate and host name of a database in this Region."""
    known = packaged.read_text()
    text = known if f"# Amazon RDS {region} Root CA" in known else fetch(region)
    tls = ssl.create_default_context(cadata=text)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls
