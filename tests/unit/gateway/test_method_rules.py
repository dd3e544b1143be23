"""The table of methods and roles: complete, and as it should be."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from google.protobuf import descriptor_pool

from relayer.gateway.limits import CallClass
from relayer.gateway.method_rules import BY_SERVICE, PACKAGE, RULES
from relayer.gateway.tenants import Role

PROTOS = Path(__file__).resolve().parents[3] / "proto" / "crossdvp" / "gateway" / "v1"
READING = ("Get", "List", "Watch", "Check")


def described() -> dict[str, set[str]]:
    """Every rpc of every service of the gateway's package, by the .proto files."""
    found: dict[str, set[str]] = {}
    for file in sorted(PROTOS.glob("*.proto")):
        module = import_module(f"crossdvp.gateway.v1.{file.stem}_pb2")
        for name, service in module.DESCRIPTOR.services_by_name.items():
            found[name] = {method.name for method in service.methods}
    return found


def test_every_rpc_has_a_row() -> None:
    missing = [f"{s}/{m}" for s, methods in described().items() for m in methods if m not in BY_SERVICE.get(s, {})]
    assert not missing, f"closed to everybody until relayer/gateway/method_rules.py says who may call: {missing}"


def test_every_row_is_of_an_rpc_where_its_service_is_built() -> None:
    services = described()
    built = {name: rows for name, rows in BY_SERVICE.items() if name in services}
    stale = [f"{s}/{m}" for s, rows in built.items() for m in rows if m not in services[s]]
    assert not stale


def test_what_reads_changes_nothing_and_what_changes_is_not_for_auditors() -> None:
    for service, rows in BY_SERVICE.items():
        for method, rule in rows.items():
            is_reading = method.startswith(READING)
            assert rule.changes is not is_reading, f"{service}/{method}"
            assert rule.roles, f"{service}/{method} is for nobody"
            if rule.changes:
                assert Role.AUDITOR not in rule.roles, f"{service}/{method}"
                assert rule.is_privileged, f"{service}/{method}: who is refused it is not remembered"


def test_streams_are_counted_as_streams() -> None:
    for service, methods in described().items():
        for method in methods:
            found = descriptor_pool.Default().FindServiceByName(f"{PACKAGE}.{service}").methods_by_name[method]
            is_stream = found.server_streaming or found.client_streaming
            assert (RULES[f"/{PACKAGE}.{service}/{method}"].call_class is CallClass.STREAM) is is_stream
