"""Parts that several records have: how to reach somebody, and the account that is paid."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, model_validator

from chains.progmat.market.master_data.fields import (
    PERSONAL,
    AccountNumber,
    Address,
    BankCode,
    BankKana,
    BranchCode,
    Email,
    PersonName,
    Phone,
    PostCode,
)


class Part(BaseModel):
    """Frozen, strict about names of fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DepositKind(Enum):
    """Kind of account, by the code of the banks' file format (預金種目)."""

    NONE = ""
    ORDINARY = "1"
    """普通"""
    CURRENT = "2"
    """当座"""
    SAVINGS = "4"
    """貯蓄"""
    OTHER = "9"


class Contact(Part):
    """Where letters and calls go (連絡先)."""

    name: PersonName = ""
    post_code: PostCode = ""
    address: Address = ""
    phone: Phone = ""
    email: Email = ""


class BankAccount(Part):
    """An account in Japan (振込先口座). All of it or nothing: half an account pays nobody."""

    code: BankCode = ""
    name_kana: BankKana = ""
    branch_code: BranchCode = ""
    branch_name_kana: BankKana = ""
    deposit_kind: Annotated[DepositKind, PERSONAL] = DepositKind.NONE
    number: AccountNumber = ""
    holder_kana: BankKana = ""

    @model_validator(mode="after")
    def _all_or_nothing(self) -> BankAccount:
        needed = (self.code, self.branch_code, self.deposit_kind.value, self.number, self.holder_kana)
        named = (self.name_kana, self.branch_name_kana)
        if any((*needed, *named)) and not all(needed):
            raise ValueError("expected bank, branch, deposit kind, number and holder together")
        return self

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self.code
