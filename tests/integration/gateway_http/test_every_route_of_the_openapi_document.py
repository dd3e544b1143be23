"""The OpenAPI document is valid, is what the gateway serves, and every route in it answers."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from relayer.gateway.http.server import openapi_text
from relayer.reflected import reflect
from tests.fakes.running_gateway import RunningGateway, running_gateway
from tests.integration.gateway_http.test_settlements_over_http import reason_of
from tests.integration.webhooks.conftest import webhook_settings

DOCUMENT: dict[str, Any] = json.loads(openapi_text())


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3", webhooks=webhook_settings()) as running:
        yield running


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_every_operation_says_what_it_does_and_has_an_id_of_its_own() -> None:
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    assert all(each["description"] for each in operations)
    assert len({each["operationId"] for each in operations}) == len(operations)


async def test_a_gateway_serves_the_document(gateway: RunningGateway) -> None:
    answer = await gateway.http().get("/openapi.json")
    assert await answer.json() == DOCUMENT


async def test_every_route_in_the_document_answers_as_that_rpc(gateway: RunningGateway) -> None:
    """With requests that name nothing there is: refused by the rpc itself, or answered; never by the face."""
    session = gateway.http()
    served = {service.name for service in (await reflect(gateway.channel(), "gateway")).services}
    assert {"SettlementService", "WebhookService", "AuditService"} <= served
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if operation["tags"][0] not in served:
                continue  # this gateway of a test is without an EVM chain, and what needs one
            filled = re.sub(r"\{[a-z_.0-9]+\}", "ab" * 16, path)
            body: dict[str, Any] | None = {} if "requestBody" in operation else None
            answer = await session.request(method.upper(), filled, json=body)
            label = f"{method} {path}: {answer.status}"
            if "text/event-stream" in operation["responses"]["200"]["content"]:
                assert answer.headers["Content-Type"] == "text/event-stream", label
                answer.close()
                continue
            document = await answer.json()
            assert answer.status in {200, 400, 403, 404}, f"{label} {document}"
            if answer.status != 200:
                assert reason_of(document) not in {"ROUTE_UNKNOWN", "VERB_NOT_ALLOWED", "INTERNAL"}, label
