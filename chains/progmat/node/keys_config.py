"""The section ``[keys]`` of a node's configuration: the key store, who keeps its master key, what is in an HSM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chains.progmat.keys.data_keys import CACHE_S
from chains.progmat.keys.passphrase_wrapper import DEFAULT_COST, LEAST_LOG2_N, MOST_LOG2_N
from chains.progmat.keys.purpose import KeyPurpose, SecretPlace

Text = Annotated[str, Field(min_length=1, max_length=512)]
Place = Literal["store", "hsm"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HsmSection(_Section):
    """A token of a PKCS#11 module. ``master_key`` labels the AES key that wraps, where ``wrapping`` is "hsm"."""

    module: Path
    token: Text
    pin_file: Path
    master_key: Text = "crossdvp-master"


class AwsSection(_Section):
    """A symmetric key of AWS KMS, by its ARN, id or alias; the credentials are the environment's."""

    key_id: Text
    region: Text
    endpoint_url: Text | None = None


class PlacesSection(_Section):
    """Where new keys of each kind are made. Keys of accounts are always in the store: fresh keys follow from them."""

    node: Place = "store"
    operator: Place = "store"
    validator: Place = "store"
    approver: Place = "store"

    def of(self, purpose: KeyPurpose) -> SecretPlace:
        """The place of a purpose."""
        return SecretPlace[str(getattr(self, purpose.value, "store")).upper()]


class KeysSection(_Section):
    """The key store, and who keeps its master key: a passphrase in a file (a mounted secret), an HSM, or AWS KMS."""

    path: Path
    wrapping: Literal["passphrase", "hsm", "aws-kms"] = "passphrase"
    passphrase_file: Path | None = None
    hsm: HsmSection | None = None
    aws: AwsSection | None = None
    places: PlacesSection = PlacesSection()
    scrypt_log2_n: Annotated[int, Field(ge=LEAST_LOG2_N, le=MOST_LOG2_N)] = DEFAULT_COST.log2_n  # of a new passphrase
    cache_s: Annotated[float, Field(ge=10, le=86400)] = CACHE_S  # how long what was opened may stay in memory

    @model_validator(mode="after")
    def _complete(self) -> KeysSection:
        wanted = {"passphrase": "passphrase_file", "hsm": "hsm", "aws-kms": "aws"}[self.wrapping]
        if getattr(self, wanted) is None:
            raise ValueError(f'wrapping "{self.wrapping}" needs {wanted}')
        if self.hsm is None and "hsm" in self.places.model_dump().values():
            raise ValueError('places say "hsm", and there is no section hsm')
        return self

    def anchored(self, base: Path) -> KeysSection:
        """Relative paths made those of ``base``."""
        hsm = self.hsm and self.hsm.model_copy(
            update={"module": base / self.hsm.module, "pin_file": base / self.hsm.pin_file}
        )
        passphrase_file = self.passphrase_file and base / self.passphrase_file
        return self.model_copy(update={"path": base / self.path, "passphrase_file": passphrase_file, "hsm": hsm})
