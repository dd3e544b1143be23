// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why the light client of a QBFT chain refuses
interface QbftErrors {
    /// @notice Only the router passes messages on.
    error QbftCallerNotRouter(address expected, address found);
    /// @notice The client is frozen: misbehaviour was proven, nothing can be verified any more.
    error QbftClientFrozen();
    /// @notice The consensus state is as old as the trusting period, or older.
    error QbftConsensusExpired(uint64 timestamp, uint64 trustingPeriod, uint256 blockTimestamp);
    /// @notice An initial value is zero or out of range.
    error QbftInitialStateInvalid();
    /// @notice The message or proof is not the canonical ABI encoding of its fields.
    error QbftMessageMalformed(uint256 length);
    /// @notice The header is longer than any there can be.
    error QbftHeaderTooLong(uint256 length, uint256 most);
    /// @notice The header has too few or too many fields.
    error QbftFieldCountInvalid(uint256 found);
    /// @notice A field of the header is not what it is in a QBFT chain's header.
    error QbftFieldInvalid(uint256 index);
    /// @notice extraData has five items: vanity, validators, vote, round, seals.
    error QbftExtraDataInvalid(uint256 item);
    /// @notice The proposer is not one of the header's own validators.
    error QbftProposerForeign(address proposer);
    /// @notice A list of validators is empty, too long, or names somebody twice or nobody.
    error QbftValidatorsInvalid(uint256 index);
    /// @notice A commit seal is not by a validator of the header's own set over this header and round, or is malleable.
    error QbftSealForeign(uint256 index, address found);
    /// @notice Two commit seals by one validator.
    error QbftSealDuplicate(uint256 index, address validator);
    /// @notice Fewer seals than two thirds of the header's own validators, rounded up.
    error QbftQuorumNotReached(uint256 required, uint256 found);
    /// @notice Too few of the trusted validators sealed to be sure that one of them is honest.
    error QbftOverlapTooSmall(uint256 required, uint256 found);
    /// @notice The header is not above the height it builds on.
    error QbftHeightNotAbove(uint64 trusted, uint64 found);
    /// @notice The header is not later than the block it builds on.
    error QbftTimestampNotAfter(uint64 trusted, uint64 found);
    /// @notice The header is from the future.
    error QbftHeaderFromFuture(uint64 timestamp, uint256 latestAccepted);
    /// @notice No consensus state at the height: never verified, or long ago.
    error QbftConsensusUnknown(uint64 height);
    /// @notice The consensus state that came with the message is not the one kept.
    error QbftConsensusMismatch(uint64 height, bytes32 expected, bytes32 found);
    /// @notice The place of this height has been taken by a greater one.
    error QbftHeightPruned(uint64 height, uint256 occupant);
    /// @notice The two headers can both be of one chain.
    error QbftEvidenceConsistent(uint64 heightA, uint64 heightB);
    /// @notice EVM chains have no revisions.
    error QbftRevisionInvalid(uint64 revisionNumber);
    /// @notice Paths have exactly one element.
    error QbftPathInvalid(uint256 elements);
    /// @notice The path holds another word than claimed (0: none).
    error QbftCommitmentMismatch(bytes32 expected, bytes32 found);
}
