"""Fields of master data: what is typed in any form is stored in one; what cannot be is refused by field and rule."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.market.master_data.errors import RecordRefused
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.kana import bank_kana, full_kana
from chains.progmat.market.master_data.records import RECORDS
from chains.progmat.market.master_data.shape import leaves_of, record_of, values_of
from tests.fakes.master_data_world import marked_bank, marked_investor

INVESTOR = {"id": "INV-1", "name": "山田 花子"}
BANK = {**INVESTOR, **marked_bank(1)}


def stored(kind: RecordKind, **values: str | int) -> dict[str, str | int]:
    told = {path.replace("__", "."): value for path, value in values.items()}
    return values_of(record_of(kind, {**INVESTOR, **told} if kind is RecordKind.INVESTOR else told))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("やまだ はなこ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
        ("ヤマダ　ハナコ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
        ("キュウヨ イチロー", "ｷﾕｳﾖ ｲﾁﾛ-"),
        ("ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ", "ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ"),
        ("\uff08カ\uff09パピプペポ", "(ｶ)ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ"),
        ("ヴ", "ｳﾞ"),
        ("abc Trust 12", "ABC TRUST 12"),
    ],
)
def test_a_holders_name_becomes_what_transfers_carry(typed: str, kept: str) -> None:
    assert bank_kana(typed) == kept
    assert bank_kana(kept) == kept


@pytest.mark.parametrize(
    "typed", ["カヲル", "山田", "ア・イ", "ア,イ", "ア\nイ", "ア" * 31, "ガ" * 16, "😀", "ア\u0000"]
)
def test_what_transfers_do_not_carry_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        bank_kana(typed)


@given(st.text(max_size=40))
def test_whatever_is_typed_a_name_is_refused_or_fit_for_a_transfer_and_stays_so(typed: str) -> None:
    try:
        kept = bank_kana(typed)
    except ValueError:
        return
    assert re.fullmatch(r"[ｱ-ﾟ0-9A-Z ()./-]{0,30}", kept)
    assert bank_kana(kept) == kept


def test_a_reading_is_full_width_katakana() -> None:
    assert full_kana("やまだ ﾊﾅｺﾞ") == "ヤマダ ハナゴ"
    with pytest.raises(ValueError, match="katakana"):
        full_kana("山田")


@pytest.mark.parametrize(
    ("path", "typed", "kept"),
    [
        ("corporate_number", "5-8356-7825-6246", "5835678256246"),
        ("contact__post_code", "\uff11\uff10\uff10\uff10\uff10\uff10\uff15", "100-0005"),
        ("contact__post_code", "100-0005", "100-0005"),
        ("contact__phone", "03(1234)5678", "0312345678"),
        ("contact__phone", "+81 90-1234-5678", "+819012345678"),
        ("contact__email", "taro.yamada@example.co.jp", "taro.yamada@example.co.jp"),
        ("name", " 山田\u3000花子 ", "山田\u3000花子"),
    ],
)
def test_what_is_typed_in_any_form_is_stored_in_one(path: str, typed: str, kept: str) -> None:
    assert stored(RecordKind.INVESTOR, **{path: typed})[path.replace("__", ".")] == kept


@pytest.mark.parametrize(
    ("path", "typed", "rule"),
    [
        ("id", "YAMADA-HANAKO", "id"),
        ("id", "INV-1 2", "id"),
        ("name", "", "name"),
        ("name", "山田\u200b花子", "printable"),
        ("corporate_number", "5835678256247", "check digit"),
        ("contact.post_code", "12-34567x", "post code"),
        ("contact.phone", "123", "10 or 11 digits"),
        ("contact.email", "taro@localhost", "e-mail"),
        ("contact.email", "taro@" + "a" * 300 + ".jp", "email"),
        ("bank.code", "12345", "4 digits"),
        ("bank.branch_code", "1", "3 digits"),
        ("bank.number", "12345678", "7 digits"),
        ("bank.deposit_kind", "7", "deposit_kind"),
        ("bank.number", "", "together"),
        ("status", "GONE", "status"),
        ("custody_place_id", "a place", "custody_place_id"),
        ("no_such_field", "x", "no such field"),
        ("contact", "x", "no such field"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_without_its_value(path: str, typed: str, rule: str) -> None:
    with pytest.raises(RecordRefused, match=re.escape(rule)) as refused:
        record_of(RecordKind.INVESTOR, {**BANK, path: typed})
    if len(typed) > 8 and path not in {"contact", "no_such_field"}:
        assert typed not in str(refused.value)


def test_an_isin_needs_its_check_digit() -> None:
    assert stored(RecordKind.SECURITY, id="ST-1", name="Fund", isin="jp3633400001")["isin"] == "JP3633400001"
    with pytest.raises(RecordRefused, match="check digit"):
        stored(RecordKind.SECURITY, id="ST-1", name="Fund", isin="JP3633400002")


@pytest.mark.parametrize("kind", RecordKind)
def test_every_record_has_a_model_that_names_what_is_personal(kind: RecordKind) -> None:
    leaves = leaves_of(kind)
    assert RECORDS[kind].kind is kind
    assert leaves[0].path == "id"
    assert not leaves[0].is_personal
    assert len({leaf.column for leaf in leaves}) == len(leaves)
    assert all(leaf.is_personal for leaf in leaves if leaf.path.startswith(("contact.", "bank.")))


def test_every_field_of_an_investor_that_says_who_it_is_is_personal() -> None:
    open_ones = {leaf.path for leaf in leaves_of(RecordKind.INVESTOR) if not leaf.is_personal}
    assert open_ones == {"id", "custody_class", "custody_place_id", "custodian_id", "status"}


def test_stored_values_are_taken_again_as_they_are() -> None:
    values = values_of(record_of(RecordKind.INVESTOR, {**marked_investor(7), **marked_bank(7)}))
    assert values_of(record_of(RecordKind.INVESTOR, values)) == values
