// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttestationVerifierErrors} from "../errors/EnclaveErrors.sol";
import {CompactSignature} from "./CompactSignature.sol";

/// @title k of n Validators over a digest
/// @notice Exact length: `u8 threshold | u8 size | size * address 20 | signerBitmap 32 (bit i from the lowest = validator
///         i signed) | one EIP-2098 signature for each signer, in ascending order`; the set as in checkpoints.
library ValidatorSignatures {
    uint256 private constant ADDRESS_SIZE = 20;
    uint256 private constant SIGNATURE_SIZE = 64;

    /// @notice Reverts unless at least the threshold of the trusted set signed `digest`.
    function verify(bytes calldata signatures, bytes32 trustedSetHash, bytes32 digest) internal view {
        if (signatures.length < 2) {
            revert AttestationVerifierErrors.ValidatorSignaturesLengthInvalid(2, signatures.length);
        }
        uint256 threshold = uint8(signatures[0]);
        uint256 size = uint8(signatures[1]);
        uint256 setEnd = 2 + size * ADDRESS_SIZE;
        if (signatures.length < setEnd + 32) {
            revert AttestationVerifierErrors.ValidatorSignaturesLengthInvalid(setEnd + 32, signatures.length);
        }
        if (threshold == 0 || threshold > size) {
            revert AttestationVerifierErrors.ValidatorThresholdInvalid(threshold, size);
        }
        bytes32 setHash = keccak256(signatures[:setEnd]);
        if (setHash != trustedSetHash) revert AttestationVerifierErrors.ValidatorSetUntrusted(trustedSetHash, setHash);
        uint256 signers = _countSigners(signatures, size, digest);
        if (signers < threshold) revert AttestationVerifierErrors.ValidatorSignersInsufficient(threshold, signers);
    }

    /// @dev A validator has one bit and one place, so it counts once.
    function _countSigners(bytes calldata signatures, uint256 size, bytes32 digest)
        private
        view
        returns (uint256 signers)
    {
        uint256 cursor = 2 + size * ADDRESS_SIZE;
        uint256 bitmap = uint256(bytes32(signatures[cursor:]));
        if (bitmap >> size != 0) revert AttestationVerifierErrors.ValidatorUnknown(bitmap, size);
        cursor += 32;
        address previous = address(0);
        for (uint256 i = 0; i < size; ++i) {
            address validator = address(bytes20(signatures[2 + i * ADDRESS_SIZE:]));
            if (validator <= previous) revert AttestationVerifierErrors.ValidatorsUnordered(i);
            previous = validator;
            if ((bitmap >> i) & 1 == 0) continue;
            if (signatures.length < cursor + SIGNATURE_SIZE) {
                revert AttestationVerifierErrors.ValidatorSignaturesLengthInvalid(
                    cursor + SIGNATURE_SIZE, signatures.length
                );
            }
            address signer =
                CompactSignature.recover(digest, bytes32(signatures[cursor:]), bytes32(signatures[cursor + 32:]));
            if (signer != validator) {
                revert AttestationVerifierErrors.ValidatorSignatureInvalid(i, validator, signer);
            }
            cursor += SIGNATURE_SIZE;
            ++signers;
        }
        if (signatures.length != cursor) {
            revert AttestationVerifierErrors.ValidatorSignaturesLengthInvalid(cursor, signatures.length);
        }
    }
}
