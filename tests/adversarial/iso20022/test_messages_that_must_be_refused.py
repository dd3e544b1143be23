"""Messages made to be misunderstood, to exhaust the reader, or to say two things at once."""

from __future__ import annotations

import re

import pytest

from relayer.gateway.iso20022.errors import MessageRefused, NotAMessage, ProfileViolated, SchemaViolated
from relayer.gateway.iso20022.instruction import Instruction, read_instruction, write_instruction
from relayer.gateway.iso20022.schemas import read
from relayer.gateway.iso20022.xml_tree import MAX_MESSAGE_BYTES
from relayer.gateway.matching import Side
from tests.fakes.settlement_terms import some_terms

GENUINE = write_instruction(Instruction(Side.SELLER, some_terms(), "A-1")).decode()


def instruct(xml: str | bytes) -> Instruction:
    return read_instruction(read(xml if isinstance(xml, bytes) else xml.encode())[1])


def test_the_genuine_message_is_taken() -> None:
    assert instruct(GENUINE).terms == some_terms()


NO_MESSAGES = {
    "entities that grow": '<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
    "a file of this machine": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "nothing": "",
    "no XML": "{}",
    "two documents": GENUINE + "<Document/>",
    "cut short": GENUINE[:-20],
    "too long": GENUINE + " " * MAX_MESSAGE_BYTES,
    "another encoding": GENUINE.replace("utf-8", "utf-7", 1),
    "too deep": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:sese.023.001.11">' + "<a>" * 500 + "</a>" * 500,
    "another message": GENUINE.replace("sese.023.001.11", "sese.023.001.99", 1),
}


@pytest.mark.parametrize("xml", NO_MESSAGES.values(), ids=NO_MESSAGES.keys())
def test_what_is_no_message_of_ours_is_refused_before_any_schema_is_asked(xml: str) -> None:
    with pytest.raises(NotAMessage):
        instruct(xml)


def test_bytes_in_another_encoding_are_refused() -> None:
    with pytest.raises(NotAMessage, match="UTF-8"):
        instruct(GENUINE.encode("utf-16"))


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("SctiesMvmntTp", "BOTH"),
        ("TxId", "x" * 36),
        ("TxId", ""),
        ("DgtlTknUnit", "1" * 31),
        ("DgtlTknUnit", "NaN"),
        ("DgtlTknUnit", "ten"),
        ("Amt", "-5"),
        ("Ind", "perhaps"),
    ],
)
def test_what_the_schema_does_not_allow_is_named(element: str, value: str) -> None:
    message = write_instruction(Instruction(Side.SELLER, some_terms(), "A-1", on_hold=True)).decode()
    forged = re.sub(rf"(<{element}(?: [^>]*)?>)[^<]*(</{element}>)", rf"\g<1>{value}\g<2>", message, count=1)
    assert forged != message
    with pytest.raises(SchemaViolated):
        instruct(forged)


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("DgtlTknUnit", "10.5"),
        ("DgtlTknUnit", "0"),
        ("DgtlTknUnit", "1E1"),
        ("Amt", "1000000.00"),
        ("CdtDbtInd", "DBIT"),  # the seller does not pay
        ("Pmt", "FREE"),
        ("TradId", "AAAA"),
        ("Desc", "eip155:1337/erc20:0x" + "AB" * 20),
        ("Salt", "0x00"),
        ("LockBy", "2023-11-14T22:18:20+09:00"),
        ("LeadLeg", "BOTH"),
        ("SellerAccountKey", "0x00"),
        ("Issr", "somebody"),
        ("PlcAndNm", "another place"),
        ("PrtlSttlmInd", "PART"),
    ],
)
def test_what_the_profile_does_not_allow_is_named(element: str, value: str) -> None:
    forged = re.sub(rf"(<{element}(?: [^>]*)?>)[^<]*(</{element}>)", rf"\g<1>{value}\g<2>", GENUINE, count=1)
    assert forged != GENUINE
    with pytest.raises((ProfileViolated, SchemaViolated)):
        instruct(forged)


def test_a_date_that_contradicts_lock_by_is_refused() -> None:
    with pytest.raises(ProfileViolated, match="SttlmDt"):
        instruct(re.sub(r"<Dt>\d{4}-", "<Dt>2031-", GENUINE))


def test_an_address_that_contradicts_the_delivering_party_is_refused() -> None:
    first, rest = GENUINE.split("<BlckChainAdrOrWllt>", 1)
    with pytest.raises(ProfileViolated, match="QtyAndAcctDtls/BlckChainAdrOrWllt"):
        instruct(first + "<BlckChainAdrOrWllt>" + rest.replace("33" * 20, "66" * 20, 1))


def test_an_element_that_the_schema_knows_and_this_profile_does_not_use_is_not_ignored() -> None:
    conditional = GENUINE.replace("<PrtlSttlmInd>", "<SttlmTxCond><Cd>NOMC</Cd></SttlmTxCond><PrtlSttlmInd>", 1)
    with pytest.raises(ProfileViolated, match="SttlmTxCond: expected no such element"):
        instruct(conditional)


def test_terms_in_another_namespace_are_not_ours() -> None:
    with pytest.raises(MessageRefused):
        instruct(GENUINE.replace("urn:crossdvp:iso20022:terms:1", "urn:somebody:terms:1"))


def test_supplementary_data_given_twice_is_refused() -> None:
    extra = GENUINE[GENUINE.index("<SplmtryData>") : GENUINE.index("</SplmtryData>") + len("</SplmtryData>")]
    with pytest.raises(ProfileViolated, match="expected one, found 2"):
        instruct(GENUINE.replace(extra, extra + extra))
