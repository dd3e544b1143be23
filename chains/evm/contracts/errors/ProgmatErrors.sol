// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why the light client of a Progmat ledger refuses
interface ProgmatErrors {
    /// @notice Only the router passes messages on.
    error ProgmatCallerNotRouter(address expected, address found);
    /// @notice The client is frozen: misbehaviour was proven, nothing can be verified any more.
    error ProgmatClientFrozen();
    /// @notice The last checkpoint is older than the trusting period: nothing can be verified any more.
    error ProgmatClientExpired(uint64 latestTimestamp, uint64 trustingPeriod, uint256 blockTimestamp);
    /// @notice An initial value is zero or out of range.
    error ProgmatInitialStateInvalid();
    /// @notice The header is shorter or longer than its fields.
    error ProgmatHeaderLengthInvalid(uint256 expected, uint256 found);
    /// @notice The proof is too short for its timestamp.
    error ProgmatProofLengthInvalid(uint256 least, uint256 found);
    /// @notice Threshold and size are not 1 <= k <= n.
    error ProgmatThresholdInvalid(uint256 threshold, uint256 size);
    /// @notice The validator set in the header is not the trusted one.
    error ProgmatValidatorSetUntrusted(bytes32 expected, bytes32 found);
    /// @notice Validators are not strictly ascending (or one is the zero address).
    error ProgmatValidatorsUnordered(uint256 index);
    /// @notice The signer bitmap names validators beyond the set.
    error ProgmatSignerUnknown(uint256 bitmap, uint256 size);
    /// @notice Fewer signers than the threshold.
    error ProgmatSignersInsufficient(uint256 required, uint256 found);
    /// @notice A signature is not that of the validator it stands for, or is malleable.
    error ProgmatSignatureInvalid(uint256 index, address expected, address found);
    /// @notice A set that stays is written as zeros: there is one encoding of a header only.
    error ProgmatNextValidatorSetRedundant(bytes32 trustedSetHash);
    /// @notice The checkpoint is from the future.
    error ProgmatHeaderFromFuture(uint64 timestamp, uint256 latestAccepted);
    /// @notice The evidence is not the canonical encoding of two headers.
    error ProgmatEvidenceMalformed(uint256 length);
    /// @notice The two headers are consistent with each other.
    error ProgmatEvidenceConsistent(uint64 heightA, uint64 heightB);
    /// @notice Progmat ledgers have no revisions.
    error ProgmatRevisionInvalid(uint64 revisionNumber);
    /// @notice Paths have exactly one element.
    error ProgmatPathInvalid(uint256 elements);
    /// @notice Timestamp and recomputed root are not those of the consensus state at the height.
    error ProgmatProofInvalid(uint64 height, bytes32 expected, bytes32 found);
    /// @notice No consensus state at the height: never verified, or long ago.
    error ProgmatConsensusUnknown(uint64 height);
}

/// @title Why a sparse Merkle proof is refused
interface SparseMerkleErrors {
    /// @notice The proof is shorter or longer than its fields.
    error SmtProofLengthInvalid(uint256 expected, uint256 found);
    /// @notice Kinds are 0 presence, 1 absence by an empty subtree, 2 absence by another leaf.
    error SmtProofKindInvalid(uint256 kind);
    /// @notice Depth is 0 to 256.
    error SmtProofDepthInvalid(uint256 depth);
    /// @notice The bitmap has bits at or below the depth of the terminal.
    error SmtProofBitmapInvalid(uint256 bitmap, uint256 depth);
    /// @notice A listed sibling is the empty subtree: it must be left out.
    error SmtSiblingEmpty();
    /// @notice The other leaf does not stand on the path of the key, or is the key itself.
    error SmtOtherLeafInvalid(bytes32 keyHash, bytes32 otherKeyHash, uint256 depth);
    /// @notice A multiproof is about at least one entry.
    error SmtMultiproofEmpty();
    /// @notice Entries stand in ascending order of their keys' hashes, none twice; `shared` is how many bits the hashes
    ///         of this entry's key and the next one's begin with in common (0 for the last).
    error SmtMultiproofOrderInvalid(uint256 index, uint256 shared);
    /// @notice A leaf cannot stand above the level where its path leaves its neighbour's.
    error SmtMultiproofDepthInvalid(uint256 index, uint256 least, uint256 found);
    /// @notice The bitmap lists siblings at levels where none is read: below the leaf, or above where paths have met.
    error SmtMultiproofBitmapInvalid(uint256 index);
}
