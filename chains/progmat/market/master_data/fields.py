"""Kinds of fields: how each is normalised, checked and marked.

``Personal`` marks what must be erasable: it never goes on the ledger, into log lines or audit chains. ``Refers`` marks
the id of another record, which must exist.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from stdnum import isin as isin_number
from stdnum.exceptions import ValidationError as BadNumber
from stdnum.jp import cn as corporate_number

from chains.progmat.market.master_data.kana import bank_kana, full_kana


class RecordKind(Enum):
    """The nouns of the master data."""

    SECURITY = "SECURITY"
    TRANSFER_GATE = "TRANSFER_GATE"
    TRUST_CONTRACT = "TRUST_CONTRACT"
    INVESTOR_KEY = "INVESTOR_KEY"
    INVESTOR = "INVESTOR"
    CUSTODY_PLACE = "CUSTODY_PLACE"
    CUSTODIAN = "CUSTODIAN"
    BENEFICIARY_AGENT = "BENEFICIARY_AGENT"
    SETTLOR = "SETTLOR"
    TRUSTEE = "TRUSTEE"
    ASSET_MANAGER = "ASSET_MANAGER"
    IMPORT_FILE = "IMPORT_FILE"


@dataclass(frozen=True, slots=True)
class Personal:
    """What says who somebody is, or what he has."""


@dataclass(frozen=True, slots=True)
class Refers:
    """The id of a record of that kind."""

    kind: RecordKind


PERSONAL: Final = Personal()


def _one_line(text: object) -> object:
    """NFC, without spaces at the ends."""
    return unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else text


def _half_width(text: object) -> object:
    """NFKC: digits and letters from any keyboard in one form, the several dashes as one."""
    if not isinstance(text, str):
        return text
    return re.sub("[\u2010-\u2015\u2212\u30fc\uff0d\uff70]", "-", unicodedata.normalize("NFKC", text)).strip()


def _printable(text: str) -> str:
    if any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn"} for each in text):
        raise ValueError("expected printable characters on one line")
    return text


def _corporate_number(text: str) -> str:
    if not text:
        return text
    try:
        found: str = corporate_number.validate(text)
    except BadNumber as error:
        raise ValueError(f"expected a corporate number of 13 digits with its check digit: {error}") from None
    return found


def _isin(text: str) -> str:
    if not text:
        return text
    try:
        found: str = isin_number.validate(text)
    except BadNumber as error:
        raise ValueError(f"expected an ISIN of 12 characters with its check digit: {error}") from None
    return found


def _matching(pattern: str, what: str) -> AfterValidator:
    wanted = re.compile(pattern)

    def check(text: str) -> str:
        if text and not wanted.fullmatch(text):
            raise ValueError(f"expected {what}")
        return text

    return AfterValidator(check)


def _post_code(text: str) -> str:
    digits = text.replace("-", "")
    if text and not re.fullmatch(r"[0-9]{7}", digits):
        raise ValueError("expected a post code of 7 digits")
    return f"{digits[:3]}-{digits[3:]}" if text else text


def _phone(text: str) -> str:
    digits = re.sub(r"[-() ]", "", text)
    if text and not re.fullmatch(r"0[0-9]{9,10}|\+[1-9][0-9]{6,14}", digits):
        raise ValueError("expected 10 or 11 digits that begin with 0, or + and an international number")
    return digits


_LOCAL: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = rf"{_LOCAL}@(?=.{{1,190}}$)(?:{_LABEL}\.)+[A-Za-z]{{2,63}}"

_Text = Annotated[str, BeforeValidator(_one_line), StringConstraints(max_length=200), AfterValidator(_printable)]
_Long = Annotated[str, BeforeValidator(_one_line), StringConstraints(max_length=1000), AfterValidator(_printable)]
_Code = Annotated[str, BeforeValidator(_half_width), StringConstraints(max_length=200), AfterValidator(_printable)]

RecordId = Annotated[_Code, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
InvestorId = Annotated[_Code, StringConstraints(pattern=r"^INV-[A-Za-z0-9-]{1,60}$")]
Words = _Text
"""Words that say nothing of a person."""
Remarks = _Long
Number = Annotated[_Code, StringConstraints(max_length=64)]
Isin = Annotated[_Code, AfterValidator(_isin)]
PublicKeyHex = Annotated[_Code, StringConstraints(to_lower=True, pattern=r"^(?:[0-9a-f]{2}){32,256}$")]
CorporateNumber = Annotated[_Code, AfterValidator(_corporate_number), PERSONAL]
"""Of a legal person (法人番号); of a natural one it is empty. Marked all the same: it says who an id is."""
PersonName = Annotated[_Text, PERSONAL]
PersonNameKana = Annotated[str, BeforeValidator(_one_line), AfterValidator(full_kana), PERSONAL]
Address = Annotated[_Text, PERSONAL]
PostCode = Annotated[_Code, AfterValidator(_post_code), PERSONAL]
Phone = Annotated[_Code, AfterValidator(_phone), PERSONAL]
Email = Annotated[_Code, _matching(_EMAIL, "an e-mail address"), PERSONAL]
InternalId = Annotated[_Code, StringConstraints(max_length=64), PERSONAL]
BankCode = Annotated[_Code, _matching(r"[0-9]{4}", "a bank code of 4 digits"), PERSONAL]
BranchCode = Annotated[_Code, _matching(r"[0-9]{3}", "a branch code of 3 digits"), PERSONAL]
AccountNumber = Annotated[_Code, _matching(r"[0-9]{7}", "an account number of 7 digits"), PERSONAL]
BankKana = Annotated[str, AfterValidator(bank_kana), PERSONAL]
