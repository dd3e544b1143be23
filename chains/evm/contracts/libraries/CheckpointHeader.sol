// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgmatErrors} from "../errors/ProgmatErrors.sol";

/// @title Signed checkpoints of a Progmat ledger
/// @notice Packed header, exact length:
///         `u64 height | u64 timestamp | root 32 | journalHash 32 | next set 32 | u8 threshold | u8 size |
///         size * address 20 | signerBitmap 32 (bit i from the lowest = validator i signed) | one EIP-2098 signature
///         for each signer, in ascending order`. `next set` is the hash of the next validator set, zeros if the signing
///         set stays. Signatures are over EIP-712 typed data, with the hash itself, whose domain names the ledger.
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

    /// @dev What is wrong with a header's validators and signatures.
    enum Fault {
        None,
        Unordered,
        Missing,
        Foreign
    }

    /// @dev half the order of the curve: larger s values are the malleable twins of smaller ones
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant NEXT_SET_START = 80;
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
            if (_word(header, NEXT_SET_START) == trustedSetHash) {
                revert ProgmatErrors.ProgmatNextValidatorSetRedundant(trustedSetHash);
            }
            (checkpoint, digest) = _checkpoint(header, domain, trustedSetHash);
            _checkSignatures(header, size, threshold, digest);
        }
    }

    /// @notice The height a header is about, 0 if it is too short to say; nothing is verified.
    function heightOf(bytes calldata header) internal pure returns (uint64) {
        return header.length < SET_START ? 0 : uint64(bytes8(header));
    }

    /// @notice Hash of the set that a header names, 0 if it is too short to name one; nothing is verified.
    function setHashOf(bytes calldata header) internal pure returns (bytes32) {
        if (header.length < VALIDATORS_START) return bytes32(0);
        uint256 setEnd = VALIDATORS_START + uint8(header[SET_START + 1]) * ADDRESS_SIZE;
        return header.length < setEnd ? bytes32(0) : keccak256(header[SET_START:setEnd]);
    }

    /// @dev A validator has one bit and one place, so it counts once.
    function _checkSignatures(bytes calldata header, uint256 size, uint256 threshold, bytes32 digest) private view {
        unchecked {
            uint256 cursor = VALIDATORS_START + size * ADDRESS_SIZE;
            uint256 bitmap = uint256(_word(header, cursor));
            if (bitmap >> size != 0) revert ProgmatErrors.ProgmatSignerUnknown(bitmap, size);
            cursor += BITMAP_SIZE;
            uint256 signers;
            Fault fault;
            uint256 index;
            address signer;
            (signers, fault, index, signer) = _recoverAll(header, size, bitmap, cursor, digest);
            cursor += signers * SIGNATURE_SIZE;
            if (fault != Fault.None) {
                if (fault == Fault.Unordered) revert ProgmatErrors.ProgmatValidatorsUnordered(index);
                if (fault == Fault.Missing) {
                    revert ProgmatErrors.ProgmatHeaderLengthInvalid(cursor + SIGNATURE_SIZE, header.length);
                }
                address validator = address(bytes20(_word(header, VALIDATORS_START + index * ADDRESS_SIZE)));
                revert ProgmatErrors.ProgmatSignatureInvalid(index, validator, signer);
            }
            if (signers < threshold) revert ProgmatErrors.ProgmatSignersInsufficient(threshold, signers);
            if (header.length != cursor) revert ProgmatErrors.ProgmatHeaderLengthInvalid(cursor, header.length);
        }
    }

    /// @dev Goes through validators and signatures until one is wrong: then `index` is its validator's.
    function _recoverAll(bytes calldata header, uint256 size, uint256 bitmap, uint256 start, bytes32 digest)
        private
        view
        returns (uint256 signers, Fault fault, uint256 index, address signer)
    {
        assembly ("memory-safe") {
            let validators := add(header.offset, VALIDATORS_START)
            let cursor := add(header.offset, start)
            let last := sub(add(header.offset, header.length), SIGNATURE_SIZE)
            let buffer := mload(0x40)
            mstore(buffer, digest)
            let previous := 0
            for {} lt(index, size) { index := add(index, 1) } {
                let validator := shr(96, calldataload(validators))
                validators := add(validators, ADDRESS_SIZE)
                if iszero(gt(validator, previous)) {
                    fault := 1
                    break
                }
                previous := validator
                if iszero(and(shr(index, bitmap), 1)) { continue }
                if gt(cursor, last) {
                    fault := 2
                    break
                }
                let vs := calldataload(add(cursor, 32))
                let s := shr(1, shl(1, vs))
                mstore(add(buffer, 0x20), add(shr(255, vs), 27))
                mstore(add(buffer, 0x40), calldataload(cursor))
                mstore(add(buffer, 0x60), s)
                // an invalid signature gives no output: the zero written here stays
                mstore(0x00, 0)
                signer := mul(staticcall(gas(), 1, buffer, 0x80, 0x00, 0x20), iszero(gt(s, HALF_ORDER)))
                signer := mul(signer, mload(0x00))
                if iszero(eq(signer, validator)) {
                    fault := 3
                    break
                }
                cursor := add(cursor, SIGNATURE_SIZE)
                signers := add(signers, 1)
            }
        }
    }

    /// @dev The checkpoint and its EIP-712 digest. The struct's type hash is written before the fields, so that they
    ///      are hashed where they stand.
    function _checkpoint(bytes calldata header, bytes32 domain, bytes32 signingSetHash)
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
            let nextSet := add(checkpoint, 128)
            mstore(nextSet, or(mload(nextSet), mul(signingSetHash, iszero(mload(nextSet)))))
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
