// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ECDSA over secp256k1 with EIP-2098 compact signatures
/// @dev `CompactSignatureReference` says the same through OpenZeppelin's ECDSA.
library CompactSignature {
    /// @dev half the order of the curve: larger s values are the malleable twins of smaller ones
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Address that signed `digest`, or zero if the signature is malleable or no signature at all.
    /// @param digest what was signed
    /// @param r x coordinate of the nonce point
    /// @param vs parity of the nonce point in the highest bit, s below it
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (address signer) {
        assembly ("memory-safe") {
            let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
            if iszero(gt(s, HALF_ORDER)) {
                let buffer := mload(0x40)
                mstore(buffer, digest)
                mstore(add(buffer, 0x20), add(shr(255, vs), 27))
                mstore(add(buffer, 0x40), r)
                mstore(add(buffer, 0x60), s)
                mstore(0x00, 0)
                // an invalid signature gives no output: the zero written above stays
                if staticcall(gas(), 1, buffer, 0x80, 0x00, 0x20) { signer := mload(0x00) }
            }
        }
    }
}
