// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Registered enclave keys
/// @notice Both calls carry their own proof, so anybody may make them.
interface IEnclaveKeys {
    /// @notice A key counts from now until it expires or is revoked.
    event EnclaveKeyRegistered(address indexed enclaveKey, address indexed operator, uint64 expiresAt);
    /// @notice A key counts no more, and cannot return.
    event EnclaveKeyRevoked(address indexed enclaveKey, address indexed operator);

    /// @notice Registers the key that an attestation names, or prolongs it.
    /// @param evidence of the attestation, in the attestation verifier's format
    /// @param operatorSignature r | vs (EIP-2098) over EIP-712 RegisterEnclaveKey(bytes32 attestationHash, address
    ///        enclaveKey)
    function registerEnclaveKey(bytes calldata evidence, bytes calldata operatorSignature) external;

    /// @notice Takes a key back for good.
    /// @param enclaveKey the key
    /// @param operatorSignature r | vs (EIP-2098) over EIP-712 RevokeEnclaveKey(address enclaveKey)
    function revokeEnclaveKey(address enclaveKey, bytes calldata operatorSignature) external;

    /// @notice A key's operator (zero: never registered) and the second from which it counts no more (0: revoked).
    function getEnclaveKey(address enclaveKey) external view returns (address operator, uint64 expiresAt);

    /// @notice Who may answer for keys, ascending, and how many of them must sign.
    function getOperators() external view returns (address[] memory operators, uint256 threshold);
}
