"""What an error answer of the gateway carries beside ErrorInfo: request id, a page to read, and words in a language.

``status.message`` is English and names the values at hand. LocalizedMessage says what the reason means and
what to do: in Japanese or English as ``accept-language`` prefers, in Japanese where it prefers none of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from chains.rpc_guard import Trailers
from relayer.reasons.catalogue import Entry, catalogue, general_entry
from relayer.rpc.call import REQUEST_ID_METADATA, current_call

HELP_URL: Final = "docs/errors/"
"""Where the pages are in this distribution; who serves them elsewhere configures that address."""
JAPANESE: Final = "ja"
ENGLISH: Final = "en"
_MOST_LANGUAGES: Final = 16


def adorner(help_url: str) -> Callable[[status_pb2.Status, str, grpc.StatusCode], Trailers]:
    """What adds these details to the status of an error."""

    def adorn(status: status_pb2.Status, reason: str, code: grpc.StatusCode) -> Trailers:
        call = current_call()
        language = preferred(call.language if call is not None else "")
        entry = catalogue().get(reason)
        page = f"{help_url}{reason}.md" if entry is not None else f"{help_url}README.md"
        link = error_details_pb2.Help.Link(description=f"what {reason} means and what to do", url=page)
        _add(status, error_details_pb2.Help(links=[link]))
        told = entry or general_entry(reason, code.name)
        _add(status, error_details_pb2.LocalizedMessage(locale=language, message=in_language(told, language)))
        if call is None:
            return ()
        _add(status, error_details_pb2.RequestInfo(request_id=call.request_id))
        return ((REQUEST_ID_METADATA, call.request_id),)

    return adorn


def in_language(entry: Entry, language: str) -> str:
    """What an entry says to people."""
    return entry.ja if language == JAPANESE else f"{entry.what} {entry.do}"


def preferred(accept_language: str) -> str:
    """``ja`` or ``en``, by the weights of ``accept-language`` (RFC 9110 12.5.4); what is malformed counts nothing."""
    best, weight = JAPANESE, 0.0
    for part in accept_language.split(",")[:_MOST_LANGUAGES]:
        name, _, parameters = part.strip().lower().partition(";")
        language = name.strip().partition("-")[0]
        found = _weight(parameters.strip())
        if language in {JAPANESE, ENGLISH} and found > weight:
            best, weight = language, found
    return best


def _weight(parameters: str) -> float:
    if not parameters:
        return 1.0
    name, _, value = parameters.partition("=")
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return found if name.strip() == "q" and 0.0 <= found <= 1.0 else 0.0


def _add(status: status_pb2.Status, detail: Any) -> None:  # noqa: ANN401  # any of google.rpc's details
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)
