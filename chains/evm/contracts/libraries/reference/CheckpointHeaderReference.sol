// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgmatErrors} from "../../errors/ProgmatErrors.sol";
import {CheckpointHeader} from "../CheckpointHeader.sol";
import {CompactSignatureReference} from "./CompactSignatureReference.sol";

/// @title Signed checkpoints, written plainly
/// @notice The measure for `CheckpointHeader`: a fuzz test holds the two against each other.
library CheckpointHeaderReference {
    bytes32 private constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 height,uint64 timestamp,bytes32 root,bytes32 journalHash,bytes32 nextValidatorSetHash)"
    );

    uint256 private constant SET_START = 112;
    uint256 private constant VALIDATORS_START = 114;
    uint256 private constant ADDRESS_SIZE = 20;
    uint256 private constant BITMAP_SIZE = 32;
    uint256 private constant SIGNATURE_SIZE = 64;

    /// @notice Parses the header strictly and checks that at least the threshold of the trusted set signed it.
    function verify(bytes calldata header, bytes32 domain, bytes32 trustedSetHash)
        internal
        pure
        returns (CheckpointHeader.Checkpoint memory checkpoint)
    {
        if (header.length < VALIDATORS_START + BITMAP_SIZE) {
            revert ProgmatErrors.ProgmatHeaderLengthInvalid(VALIDATORS_START + BITMAP_SIZE, header.length);
        }
        uint256 threshold = uint8(header[SET_START]);
        uint256 size = uint8(header[SET_START + 1]);
        uint256 setEnd = VALIDATORS_START + size * ADDRESS_SIZE;
        if (header.length < setEnd + BITMAP_SIZE) {
            revert ProgmatErrors.ProgmatHeaderLengthInvalid(setEnd + BITMAP_SIZE, header.length);
        }
        if (threshold == 0 || threshold > size) revert ProgmatErrors.ProgmatThresholdInvalid(threshold, size);
        bytes32 setHash = keccak256(header[SET_START:setEnd]);
        if (setHash != trustedSetHash) revert ProgmatErrors.ProgmatValidatorSetUntrusted(trustedSetHash, setHash);

        checkpoint = _checkpoint(header);
        if (checkpoint.nextValidatorSetHash == trustedSetHash) {
            revert ProgmatErrors.ProgmatNextValidatorSetRedundant(trustedSetHash);
        }
        if (checkpoint.nextValidatorSetHash == bytes32(0)) checkpoint.nextValidatorSetHash = trustedSetHash;
        _checkSignatures(header[VALIDATORS_START:], size, threshold, _digest(checkpoint, domain));
    }

    function _checkpoint(bytes calldata header)
        private
        pure
        returns (CheckpointHeader.Checkpoint memory checkpoint)
    {
        checkpoint.height = uint64(bytes8(header));
        checkpoint.timestamp = uint64(bytes8(header[8:]));
        checkpoint.root = bytes32(header[16:]);
        checkpoint.journalHash = bytes32(header[48:]);
        checkpoint.nextValidatorSetHash = bytes32(header[80:]);
    }

    function _digest(CheckpointHeader.Checkpoint memory checkpoint, bytes32 domain) private pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                CHECKPOINT_TYPEHASH,
                checkpoint.height,
                checkpoint.timestamp,
                checkpoint.root,
                checkpoint.journalHash,
                checkpoint.nextValidatorSetHash
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev `tail` is the header from its first validator. A validator has one bit and one place, so it counts once.
    function _checkSignatures(bytes calldata tail, uint256 size, uint256 threshold, bytes32 digest) private pure {
        uint256 cursor = size * ADDRESS_SIZE;
        uint256 bitmap = uint256(bytes32(tail[cursor:]));
        if (bitmap >> size != 0) revert ProgmatErrors.ProgmatSignerUnknown(bitmap, size);
        cursor += BITMAP_SIZE;
        uint256 signers = 0;
        address previous = address(0);
        for (uint256 i = 0; i < size; ++i) {
            address validator = address(bytes20(tail[i * ADDRESS_SIZE:]));
            if (validator <= previous) revert ProgmatErrors.ProgmatValidatorsUnordered(i);
            previous = validator;
            if ((bitmap >> i) & 1 == 0) continue;
            if (tail.length < cursor + SIGNATURE_SIZE) {
                revert ProgmatErrors.ProgmatHeaderLengthInvalid(
                    VALIDATORS_START + cursor + SIGNATURE_SIZE, VALIDATORS_START + tail.length
                );
            }
            address signer =
                CompactSignatureReference.recover(digest, bytes32(tail[cursor:]), bytes32(tail[cursor + 32:]));
            if (signer != validator) revert ProgmatErrors.ProgmatSignatureInvalid(i, validator, signer);
            cursor += SIGNATURE_SIZE;
            ++signers;
        }
        if (signers < threshold) revert ProgmatErrors.ProgmatSignersInsufficient(threshold, signers);
        if (tail.length != cursor) {
            revert ProgmatErrors.ProgmatHeaderLengthInvalid(VALIDATORS_START + cursor, VALIDATORS_START + tail.length);
        }
    }
}
