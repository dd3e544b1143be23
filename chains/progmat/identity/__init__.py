"""Who is who: node names, certificates, the network map, and keys at rest."""

from chains.progmat.identity.certificates import CertifiedKey, create_authority, issue_node_certificate
from chains.progmat.identity.key_store import DigestSigner, KeyStore, StoreOptions
from chains.progmat.identity.names import VAULT_ROLES, Role, node_name
from chains.progmat.identity.network_map import NetworkMap, NodeEntry
from chains.progmat.keys.passphrase_wrapper import ScryptCost
from chains.progmat.keys.private_files import replace_privately
from chains.progmat.keys.purpose import KeptKey, KeyPurpose, SecretPlace

__all__ = [
    "VAULT_ROLES",
    "CertifiedKey",
    "DigestSigner",
    "KeptKey",
    "KeyPurpose",
    "KeyStore",
    "NetworkMap",
    "NodeEntry",
    "Role",
    "ScryptCost",
    "SecretPlace",
    "StoreOptions",
    "create_authority",
    "issue_node_certificate",
    "node_name",
    "replace_privately",
]
