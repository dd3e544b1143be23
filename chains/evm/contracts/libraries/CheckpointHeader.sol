// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgmatErrors} from "../errors/ProgmatErrors.sol";
import {CompactSignature} from "./CompactSignature.sol";

/// @title Signed checkpoints of a Progmat ledger
/// @notice Packed header, exact length:
///         `u64 height | u64 timestamp | root 32 | journalHash 32 | nextValidatorSetHash 32 | u8 threshold | u8 size |
///         size * address 20 | signerBitmap 32 (bit i from the lowest = validator i signed) | one EIP-2098 signature
///         for each signer, in ascending order`. Signatures are over EIP-712 typed data whose domain names the ledger.
/// @dev Lengths are checked before anything is read behind them, so words are read without looking again.
///      `CheckpointHeaderReference` says the same plainly.
library CheckpointHeader {
    /// @param height position in the ledger's journal
    /// @param timestamp UTC seconds, the ledger's clock
    /// @param root sparse Merkle root of the provable writes
    /// @param journalHash hash of the journal's entry
    /// @param nextValidatorSetHash set that signs the next checkpoint
    struct Checkpoint {
        uint64 height;
        uint64 timestamp;
        bytes32 root;
        bytes32 journalHash;
        bytes32 nextValidatorSetHash;
    }

    bytes32 private constant DOMAIN_TYPEHASH = keccak256("EIP712Domain(string name,string version,bytes32 salt)");
    bytes32 private constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 height,uint64 timestamp,bytes32 root,bytes32 journalHash,bytes32 nextValidatorSetHash)"
    );

    uint256 private constant SET_START = 112;
    uint256 private constant VALIDATORS_START = 114;
    uint256 private constant ADDRESS_SIZE = 20;
    uint256 private constant BITMAP_SIZE = 32;
    uint256 private constant SIGNATURE_SIZE = 64;

    /// @notice EIP-712 domain of a ledger: its id is the salt, so one set of signatures serves every counterparty.
    function domainSeparator(string memory ledgerId) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Progmat Checkpoint"), keccak256("1"), keccak256(bytes(ledgerId)))
        );
    }

    /// @notice Parses the header strictly and checks that at least the threshold of the trusted set signed it.
    /// @param header packed header
    /// @param domain EIP-712 domain separator
    /// @param trustedSetHash hash of the trusted validator set
    /// @return checkpoint what they signed
    function verify(bytes calldata header, bytes32 domain, bytes32 trustedSetHash)
        internal
        view
        returns (Checkpoint memory checkpoint)
    {
        unchecked {
            if (header.length < VALIDATORS_START + BITMAP_SIZE) {
                revert ProgmatErrors.ProgmatHeaderLengthInvalid(VALIDATORS_START + BITMAP_SIZE, header.length);
            }
            uint256 numbers = uint256(_word(header, SET_START)) >> 240;
            (uint256 threshold, uint256 size) = (numbers >> 8, numbers & 0xff);
            uint256 setEnd = VALIDATORS_START + size * ADDRESS_SIZE;
            if (header.length < setEnd + BITMAP_SIZE) {
                revert ProgmatErrors.ProgmatHeaderLengthInvalid(setEnd + BITMAP_SIZE, header.length);
            }
            if (threshold == 0 || threshold > size) revert ProgmatErrors.ProgmatThresholdInvalid(threshold, size);
            bytes32 setHash = _hash(header, SET_START, setEnd - SET_START);
            if (setHash != trustedSetHash) revert ProgmatErrors.ProgmatValidatorSetUntrusted(trustedSetHash, setHash);

            bytes32 digest;
            (checkpoint, digest) = _checkpoint(header, domain);
            if (checkpoint.nextValidatorSetHash == bytes32(0)) revert ProgmatErrors.ProgmatNextValidatorSetMissing();
            _checkSignatures(header, size, threshold, digest);
        }
    }

    /// @dev A validator has one bit and one place, so it counts once.
    function _checkSignatures(bytes calldata header, uint256 size, uint256 threshold, bytes32 digest) private view {
        unchecked {
            uint256 cursor = VALIDATORS_START + size * ADDRESS_SIZE;
            uint256 bitmap = uint256(_word(header, cursor));
            if (bitmap >> size != 0) revert ProgmatErrors.ProgmatSignerUnknown(bitmap, size);
            cursor += BITMAP_SIZE;
            uint256 signers = 0;
            uint256 previous = 0;
            for (uint256 i = 0; i < size; ++i) {
                uint256 validator = uint256(_word(header, VALIDATORS_START + i * ADDRESS_SIZE)) >> 96;
                if (validator <= previous) revert ProgmatErrors.ProgmatValidatorsUnordered(i);
                previous = validator;
                if ((bitmap >> i) & 1 == 0) continue;
                if (header.length < cursor + SIGNATURE_SIZE) {
                    revert ProgmatErrors.ProgmatHeaderLengthInvalid(cursor + SIGNATURE_SIZE, header.length);
                }
                address signer = CompactSignature.recover(digest, _word(header, cursor), _word(header, cursor + 32));
                if (uint160(signer) != validator) {
                    revert ProgmatErrors.ProgmatSignatureInvalid(i, address(uint160(validator)), signer);
                }
                cursor += SIGNATURE_SIZE;
                ++signers;
            }
            if (signers < threshold) revert ProgmatErrors.ProgmatSignersInsufficient(threshold, signers);
            if (header.length != cursor) revert ProgmatErrors.ProgmatHeaderLengthInvalid(cursor, header.length);
        }
    }

    /// @dev The checkpoint and its EIP-712 digest. The struct's type hash is written before the fields, so that they
    ///      are hashed where they stand.
    function _checkpoint(bytes calldata header, bytes32 domain)
        private
        pure
        returns (Checkpoint memory checkpoint, bytes32 digest)
    {
        bytes32 typeHash = CHECKPOINT_TYPEHASH;
        assembly ("memory-safe") {
            let start := mload(0x40)
            checkpoint := add(start, 32)
            mstore(0x40, add(start, 192))
            let numbers := calldataload(header.offset)
            mstore(start, typeHash)
            mstore(checkpoint, shr(192, numbers))
            mstore(add(checkpoint, 32), and(shr(128, numbers), 0xffffffffffffffff))
            calldatacopy(add(checkpoint, 64), add(header.offset, 16), 96)
            let structHash := keccak256(start, 192)
            let scratch := mload(0x40)
            mstore(scratch, shl(240, 0x1901))
            mstore(add(scratch, 2), domain)
            mstore(add(scratch, 34), structHash)
            digest := keccak256(scratch, 66)
        }
    }

    /// @dev 32 bytes of the header, of which the caller has checked that they are there.
    function _word(bytes calldata header, uint256 position) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(header.offset, position))
        }
    }

    function _hash(bytes calldata header, uint256 start, uint256 size) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, add(header.offset, start), size)
            hash := keccak256(scratch, size)
        }
    }
}
