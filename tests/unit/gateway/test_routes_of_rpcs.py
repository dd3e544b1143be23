"""Routes are made of descriptors: annotated, by name as AIPs have it, or the general form."""

from __future__ import annotations

import pytest
from google.api import annotations_pb2  # type: ignore[import-untyped] # generated, without stubs
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

from relayer.gateway.http.routes import BadRoute, routes_of


def service(*rpcs: str, annotate: dict[str, str] | None = None) -> ServiceDescriptor:
    """A service whose requests all have a name; ``rpcs`` that begin with ~ stream their answers."""
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
    request = file.message_type.add(name="Request")
    request.field.add(name="name", number=1, type=9, label=1)
    made = file.service.add(name="Things")
    for rpc in rpcs:
        method = made.method.add(
            name=rpc.lstrip("~"), input_type=".t.Request", output_type=".t.Request", server_streaming=rpc[0] == "~"
        )
        if annotate and method.name in annotate:
            method.options.Extensions[annotations_pb2.http].post = annotate[method.name]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: ServiceDescriptor = pool.FindServiceByName("t.Things")
    return found


@pytest.mark.parametrize(
    ("rpc", "method", "path"),
    [
        ("CreateThing", "POST", "/v1/things"),
        ("GetThing", "GET", "/v1/things/{name}"),
        ("ListThings", "GET", "/v1/things"),
        ("UpdateParty", "PATCH", "/v1/parties/{name}"),
        ("DeleteBox", "DELETE", "/v1/boxes/{name}"),
        ("~WatchThings", "GET", "/v1/things:watch"),
        ("BatchCreateThings", "POST", "/v1/things:batchCreate"),
        ("CancelSomeThing", "POST", "/v1/someThings/{name}:cancel"),
        ("Ping", "POST", "/v1/Things/Ping"),
    ],
)
def test_an_rpc_without_annotation_has_the_route_of_its_name(rpc: str, method: str, path: str) -> None:
    (route,) = routes_of([service(rpc)])
    assert (route.http_method, route.openapi_path) == (method, path)


def test_an_annotation_is_taken_before_the_name() -> None:
    (route,) = routes_of([service("GetThing", annotate={"GetThing": "/v1/{name=boxes/*/things}:fetch"})])
    assert (route.http_method, route.openapi_path) == ("POST", "/v1/boxes/{name}/things:fetch")


def test_several_wildcards_of_one_variable_have_names_of_their_own() -> None:
    (route,) = routes_of([service("GetThing", annotate={"GetThing": "/v1/{name=boxes/*/things/*}"})])
    assert route.openapi_path == "/v1/boxes/{name_1}/things/{name_2}"


def test_two_rpcs_with_one_route_are_refused() -> None:
    with pytest.raises(BadRoute, match="are both POST"):
        routes_of([service("CreateThing", "Other", annotate={"Other": "/v1/things"})])


@pytest.mark.parametrize(
    "path", ["/v1/{nothing=x/*}", "/v1/{name.name=x/*}", "/v1/{name=x/**}", "/v1/{name=x}", "/v1/a b"]
)
def test_an_annotation_that_cannot_be_served_is_refused(path: str) -> None:
    with pytest.raises(BadRoute):
        routes_of([service("GetThing", annotate={"GetThing": path})])
