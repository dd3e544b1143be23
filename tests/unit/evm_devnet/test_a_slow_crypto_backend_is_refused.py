from __future__ import annotations

import pytest

from chains.evm.devnet.backends import check_crypto_backends
from chains.evm.devnet.errors import SlowCryptoBackend


def test_the_installed_backends_are_fast() -> None:
    check_crypto_backends()


def test_a_pure_python_secp256k1_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECC_BACKEND_CLASS", "eth_keys.backends.native.NativeECCBackend")
    with pytest.raises(SlowCryptoBackend, match="expected coincurve") as refused:
        check_crypto_backends()
    assert refused.value.found == "NativeECCBackend"
