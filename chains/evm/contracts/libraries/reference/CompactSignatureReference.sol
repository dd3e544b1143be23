// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title EIP-2098 signatures, written plainly
/// @notice The measure for `CompactSignature`: a fuzz test holds the two against each other.
library CompactSignatureReference {
    /// @notice Address that signed `digest`, or zero if the signature is malleable or no signature at all.
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (address) {
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, r, vs);
        return problem == ECDSA.RecoverError.NoError ? signer : address(0);
    }
}
