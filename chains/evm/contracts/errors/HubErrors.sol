// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why a light client that goes through a hub refuses what the hub shows of the far ledger
/// @dev What is wrong with the hub's own header is said by `QbftErrors`.
interface HubErrors {
    /// @notice An initial value about the far ledger is zero or out of range.
    error HubInitialStateInvalid();
    /// @notice The hub's own client of the far ledger is frozen at that block of the hub.
    error HubClientFrozen(bytes32 head);
    /// @notice The hub keeps another consensus state of the far ledger at that height, or none: it has not come so far, or
    ///         a greater height has taken the place.
    error HubConsensusMismatch(uint64 height, bytes32 expected, bytes32 found);
    /// @notice At that block of the hub the far ledger's state was as old as its trusting period, or older.
    error HubConsensusStale(uint64 timestamp, uint64 trustingPeriod, uint64 hubTimestamp);
    /// @notice The far ledger's time is ahead of this chain's clock.
    error HubConsensusFromFuture(uint64 timestamp, uint256 latestAccepted);
    /// @notice The latest far state that came through the hub is as old as its trusting period, or older.
    error HubClientExpired(uint64 timestamp, uint64 trustingPeriod, uint256 blockTimestamp);
    /// @notice No consensus state of the far ledger at the height: never brought, or long ago.
    error HubConsensusUnknown(uint64 height);
    /// @notice The place of this height has been taken by a greater one.
    error HubHeightPruned(uint64 height, uint256 occupant);
    /// @notice The proof is too short for its timestamp.
    error HubProofLengthInvalid(uint256 least, uint256 found);
    /// @notice Timestamp and recomputed root are not those of the consensus state at the height.
    error HubProofInvalid(uint64 height, bytes32 expected, bytes32 found);
}
