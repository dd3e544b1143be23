"""Opens a node's key store as ``[keys]`` says: the one place that names concrete key wrappers."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.identity import KeyStore, StoreOptions
from chains.progmat.keys.aws_wrapper import AwsKeyWrapper, kms_client
from chains.progmat.keys.errors import BadKeyFile
from chains.progmat.keys.hsm_token import HsmToken
from chains.progmat.keys.hsm_wrapper import HsmKeyWrapper
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper, ScryptCost
from chains.progmat.keys.wrapper import KeyWrapper
from chains.progmat.node.keys_config import HsmSection, KeysSection
from primitives.errors import InvalidArgument

MAX_SECRET_BYTES = 64 * 1024


def open_key_store(section: KeysSection, node: str) -> KeyStore:
    """The store of a node; raises ``BadKeyFile``, ``WrongPassphrase`` and the wrappers' errors. Blocks."""
    if section.wrapping == "passphrase" and section.passphrase_file is not None:
        KeyStore.migrate(section.path, lambda: read_secret(section.passphrase_file), node)
    hsm = None if section.hsm is None else hsm_token(section.hsm)
    return KeyStore.open_with(section.path, key_wrapper(section), StoreOptions(node, hsm, section.cache_s))


def key_wrapper(section: KeysSection, former: KeysSection | None = None) -> KeyWrapper:
    """Who keeps the master key. ``former``: the section until now, while it is being changed.

    Raises ``KeyBackendMissing``.
    """
    if section.aws is not None and section.wrapping == "aws-kms":
        return AwsKeyWrapper(kms_client(section.aws.region, section.aws.endpoint_url), section.aws.key_id)
    if section.hsm is not None and section.wrapping == "hsm":
        return HsmKeyWrapper(hsm_token(section.hsm), section.hsm.master_key)
    before = (former or section).passphrase_file
    return PassphraseWrapper(
        lambda: read_secret(section.passphrase_file),
        str(section.path),
        ScryptCost(section.scrypt_log2_n),
        former=lambda: read_secret(before),
    )


def hsm_token(section: HsmSection) -> HsmToken:
    """The token; nothing is opened yet."""
    return HsmToken(section.module, section.token, lambda: read_secret(section.pin_file).decode())


def read_secret(path: Path | None) -> bytes:
    """A secret's file without the newline at its end; raises ``InvalidArgument``, ``BadKeyFile``."""
    if path is None:
        raise InvalidArgument("no passphrase_file is configured")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise BadKeyFile(str(path), f"cannot be read: {error}") from error
    if not content.strip() or len(content) > MAX_SECRET_BYTES:
        raise InvalidArgument(f"{path}: a secret has 1..{MAX_SECRET_BYTES} bytes")
    return content.strip()
