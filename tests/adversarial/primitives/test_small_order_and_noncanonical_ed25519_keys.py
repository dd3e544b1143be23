"""A key of small order "signs" anything under some implementations; a non-canonical key is two keys to some."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.errors import InvalidKey
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import SoftwareSigner, decode_public_key

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x3, y3


def multiply(scalar: int, point: Point) -> Point:
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def point_at(y: int) -> Point | None:
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if x * x % P != x_squared:
        x = x * SQRT_MINUS_ONE % P
    return (x, y) if x * x % P == x_squared else None


def torsion_points() -> set[Point]:
    """The eight points of order dividing 8: what is left of curve points after multiplication by the prime order."""
    found: set[Point] = set()
    y = 2
    while len(found) < 8:
        point = point_at(y)
        if point is not None:
            found.add(multiply(L, point))
        y += 1
    return found


def encodings(point: Point) -> set[bytes]:
    """Every 32 bytes that some implementation reads as `point`: both signs if x = 0, and y + p where it fits."""
    x, y = point
    signs = {0, 1} if x == 0 else {x & 1}
    return {(value | sign << 255).to_bytes(32, "little") for value in (y, y + P) if value < 2**255 for sign in signs}


SMALL_ORDER_ENCODINGS = sorted(encoding for point in torsion_points() for encoding in encodings(point))


def test_there_are_fourteen_small_order_encodings_to_refuse() -> None:
    assert len(SMALL_ORDER_ENCODINGS) == 14


@pytest.mark.parametrize("encoding", SMALL_ORDER_ENCODINGS, ids=bytes.hex)
def test_a_small_order_key_is_refused(encoding: bytes) -> None:
    with pytest.raises(InvalidKey):
        PublicKey(SignatureScheme.ED25519, encoding)


@pytest.mark.parametrize("encoding", SMALL_ORDER_ENCODINGS, ids=bytes.hex)
def test_a_small_order_key_is_refused_off_the_wire(encoding: bytes) -> None:
    with pytest.raises(InvalidKey):
        decode_public_key(b"\x04" + encoding)


@pytest.mark.parametrize("excess", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_key_whose_y_is_not_reduced_is_refused(excess: int, sign: int) -> None:
    encoding = (P + excess | sign << 255).to_bytes(32, "little")
    with pytest.raises(InvalidKey):
        PublicKey(SignatureScheme.ED25519, encoding)


@given(st.integers(2, P - 2))
def test_exactly_the_points_of_the_curve_are_keys(y: int) -> None:
    encoding = y.to_bytes(32, "little")
    if point_at(y) is None:
        with pytest.raises(InvalidKey, match="not a point"):
            PublicKey(SignatureScheme.ED25519, encoding)
    elif encoding not in SMALL_ORDER_ENCODINGS:
        assert PublicKey(SignatureScheme.ED25519, encoding).data == encoding


@given(st.binary(min_size=32, max_size=32))
def test_keys_made_from_seeds_are_never_refused(seed: bytes) -> None:
    signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, seed)
    assert decode_public_key(signer.public_key.encoded()) == signer.public_key
