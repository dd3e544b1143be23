"""The records, a model each. Tables, validation, what is personal and what the API tells are made of these alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from chains.progmat.market.master_data.fields import (
    PERSONAL,
    Address,
    CorporateNumber,
    InternalId,
    InvestorId,
    Isin,
    Number,
    PersonName,
    PersonNameKana,
    PublicKeyHex,
    RecordId,
    RecordKind,
    Refers,
    Remarks,
    Words,
)
from chains.progmat.market.master_data.parts import BankAccount, Contact, Part


class Record(Part):
    """What all have: an id, which says nothing of a person."""

    kind: ClassVar[RecordKind]
    id: RecordId


_Ref = Annotated[str, Field(pattern=r"^(|[A-Za-z0-9][A-Za-z0-9_.-]{0,127})$")]
CustodyPlaceId = Annotated[_Ref, Refers(RecordKind.CUSTODY_PLACE)]
CustodianId = Annotated[_Ref, Refers(RecordKind.CUSTODIAN)]
InvestorRef = Annotated[_Ref, Refers(RecordKind.INVESTOR)]
TrustContractId = Annotated[_Ref, Refers(RecordKind.TRUST_CONTRACT)]
AgentId = Annotated[_Ref, Refers(RecordKind.BENEFICIARY_AGENT)]
SettlorId = Annotated[_Ref, Refers(RecordKind.SETTLOR)]
TrusteeId = Annotated[_Ref, Refers(RecordKind.TRUSTEE)]
AssetManagerId = Annotated[_Ref, Refers(RecordKind.ASSET_MANAGER)]
GateId = Annotated[_Ref, Refers(RecordKind.TRANSFER_GATE)]


class InvestorStatus(Enum):
    """An investor's standing."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"
    ERASED = "ERASED"
    """Only the id is left; no request sets it."""


class CustodyClass(Enum):
    """How an investor's securities are kept (保管区分)."""

    DIRECT = "DIRECT"
    """直接管理"""
    INDIRECT = "INDIRECT"
    """カストディ委託"""


class AmlClass(Enum):
    """Result of the checks against money laundering (AML 区分)."""

    UNCHECKED = "UNCHECKED"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    REFUSED = "REFUSED"


class SecurityNotes(Record):
    """What the ledger does not hold of a security (受益権): its names and remarks."""

    kind: ClassVar = RecordKind.SECURITY
    name: Annotated[Words, Field(min_length=1)]
    isin: Isin = ""
    gate_id: GateId = ""
    trust_contract_id: TrustContractId = ""
    first_beneficiary_id: SettlorId = ""
    agent_id: AgentId = ""
    note_on_register: Remarks = ""
    comments: Remarks = ""


class TransferGateName(Record):
    """The name of a gate (移転実行可否制御); whether it is open is a state of the ledger."""

    kind: ClassVar = RecordKind.TRANSFER_GATE
    name: Annotated[Words, Field(min_length=1)]


class TrustContract(Record):
    """A trust contract (信託契約)."""

    kind: ClassVar = RecordKind.TRUST_CONTRACT
    number: Number
    name: Annotated[Words, Field(min_length=1)]
    fund_number: Number = ""
    settlor_id: SettlorId = ""
    trustee_id: TrusteeId = ""
    asset_manager_id: AssetManagerId = ""


class InvestorKey(Record):
    """Whose account a key is; ``id`` is the encoded public key in hexadecimal, as the ledger names it."""

    kind: ClassVar = RecordKind.INVESTOR_KEY
    id: PublicKeyHex
    investor_id: Annotated[InvestorId, Refers(RecordKind.INVESTOR)]


class Investor(Record):
    """An investor (投資家)."""

    kind: ClassVar = RecordKind.INVESTOR
    id: InvestorId
    corporate_number: CorporateNumber = ""
    name: Annotated[PersonName, Field(min_length=1)]
    name_kana: PersonNameKana = ""
    registered_address: Address = ""
    custody_class: CustodyClass = CustodyClass.DIRECT
    custody_place_id: CustodyPlaceId = ""
    internal_id: InternalId = ""
    custodian_id: CustodianId = ""
    contact: Contact = Contact()
    bank: BankAccount = BankAccount()
    status: InvestorStatus = InvestorStatus.ACTIVE
    aml_class: Annotated[AmlClass, PERSONAL] = AmlClass.UNCHECKED


class _Institution(Record):
    """What institutions have in common. Their contact is a person all the same."""

    name: Annotated[Words, Field(min_length=1)]
    registered_address: Words = ""
    contact: Contact = Contact()
    bank: BankAccount = BankAccount()


class CustodyPlace(_Institution):
    """Where securities are kept (保管場所); its own account is an investor's."""

    kind: ClassVar = RecordKind.CUSTODY_PLACE
    own_account_investor_id: InvestorRef = ""
    custodian_id: CustodianId = ""


class Custodian(_Institution):
    """A custodian for brokers (カストディアン)."""

    kind: ClassVar = RecordKind.CUSTODIAN


class BeneficiaryAgent(_Institution):
    """An agent of the beneficiaries (受益者代理人)."""

    kind: ClassVar = RecordKind.BENEFICIARY_AGENT


class Settlor(_Institution):
    """A settlor (委託者), first beneficiary of its trust."""

    kind: ClassVar = RecordKind.SETTLOR


class Trustee(_Institution):
    """A trustee (受託者)."""

    kind: ClassVar = RecordKind.TRUSTEE


class AssetManager(_Institution):
    """An asset manager (アセットマネージャー)."""

    kind: ClassVar = RecordKind.ASSET_MANAGER


class ImportStatus(Enum):
    """How far the import of a file is."""

    RECEIVED = "RECEIVED"
    PROCESSING = "PROCESSING"
    DONE = "DONE"
    PARTLY_REFUSED = "PARTLY_REFUSED"
    REFUSED = "REFUSED"


class ImportFile(Record):
    """Control of an imported file (取込ファイル管理). ``result`` names rows and reasons, never their content."""

    kind: ClassVar = RecordKind.IMPORT_FILE
    target: Words
    size_bytes: Annotated[int, Field(ge=0, le=2**40)]
    file_date: date | None = None
    received_s: Annotated[int, Field(ge=0, le=2**40)]
    processing_kind: Words
    status: ImportStatus = ImportStatus.RECEIVED
    result: Remarks = ""
    registrant: Words = ""


RECORDS: Final[Mapping[RecordKind, type[Record]]] = {
    model.kind: model
    for model in (
        SecurityNotes,
        TransferGateName,
        TrustContract,
        InvestorKey,
        Investor,
        CustodyPlace,
        Custodian,
        BeneficiaryAgent,
        Settlor,
        Trustee,
        AssetManager,
        ImportFile,
    )
}
"""By kind."""
