"""Audit: an entry goes to its tenant's log, else whole to the program's: no door lets one fall."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict

import psycopg
from psycopg_pool import PoolTimeout

from graphs.tenants import Tenants
from store.audit import Entry, record
from store.errors import StoreError

ATTEMPTS = 2
"""A session may have been cut while it lay idle."""
WAIT_S = 5.0
"""How long an attempt waits for a session."""
_LOG = logging.getLogger(__name__)


async def put(tenants: Tenants, tenant: str, entry: Entry) -> None:
    """Write an entry to a tenant's log, else to the program's."""
    reason = "given up while it was written"
    try:
        for _ in range(ATTEMPTS):
            try:
                async with tenants.product(tenant) as product, product.pool.connection(WAIT_S) as connection:
                    await record(connection, entry)
                reason = ""
                return
            except (psycopg.Error, PoolTimeout, StoreError) as failure:
                reason = type(failure).__name__
    finally:
        if reason:
            _lost(tenant, reason, entry)


def _lost(tenant: str, reason: str, entry: Entry) -> None:
    _LOG.error("an audit entry of tenant %s could not be stored (%s): %s", tenant, reason, json.dumps(asdict(entry)))
