"""Who is who: node names, certificates, the network map, and keys at rest."""

from chains.progmat.identity.certificates import CertifiedKey, create_authority, issue_node_certificate
from chains.progmat.identity.key_file import DigestSigner, KeptKey, KeyPurpose, KeyStore, ScryptCost, replace_privately
from chains.progmat.identity.names import VAULT_ROLES, Role, node_name
from chains.progmat.identity.network_map import NetworkMap, NodeEntry

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
    "create_authority",
    "issue_node_certificate",
    "node_name",
    "replace_privately",
]
