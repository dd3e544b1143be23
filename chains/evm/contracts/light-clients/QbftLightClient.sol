// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILightClient} from "../interfaces/ILightClient.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {QbftMessages} from "../libraries/QbftMessages.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {IQbftLightClientMsgs} from "../msgs/IQbftLightClientMsgs.sol";
import {QbftFollower} from "./QbftFollower.sol";

/// @title Light client of an EVM chain run by QBFT
/// @notice Follows the chain's router: what stands in its provable store is shown by a storage proof under a verified
///         block. Messages are structs of `IQbftLightClientMsgs`: HeaderMsg, EvidenceMsg, and StorageMsg as proof.
contract QbftLightClient is ILightClient, QbftFollower {
    /// @notice Slot of the router's mapping(bytes32 keccak256(path) => bytes32 commitment).
    bytes32 public immutable STORE_SLOT;

    /// @param config the chain, its router as the account, and the block to begin with
    /// @param storeSlot slot of the router's mapping of commitments
    constructor(FollowerConfig memory config, bytes32 storeSlot) QbftFollower(config) {
        STORE_SLOT = storeSlot;
    }

    /// @inheritdoc ILightClient
    function updateClient(bytes calldata updateMsg) external returns (ILightClientMsgs.UpdateResult result) {
        _checkRouter();
        (result,,) = _follow(QbftMessages.header(updateMsg));
    }

    /// @inheritdoc ILightClient
    function misbehaviour(bytes calldata misbehaviourMsg) external {
        _checkRouter();
        _judge(QbftMessages.evidence(misbehaviourMsg));
    }

    /// @inheritdoc ILightClient
    function verifyMembership(ILightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        (uint64 timestamp, bytes32 found) = _commitmentAt(msg_.proof, msg_.proofHeight, msg_.path);
        bytes32 expected = msg_.value.length == 32 ? bytes32(msg_.value) : bytes32(0);
        if (expected == bytes32(0) || found != expected) revert QbftCommitmentMismatch(expected, found);
        return timestamp;
    }

    /// @inheritdoc ILightClient
    function verifyNonMembership(ILightClientMsgs.MsgVerifyNonMembership calldata msg_)
        external
        view
        returns (uint256)
    {
        (uint64 timestamp, bytes32 found) = _commitmentAt(msg_.proof, msg_.proofHeight, msg_.path);
        if (found != bytes32(0)) revert QbftCommitmentMismatch(bytes32(0), found);
        return timestamp;
    }

    /// @inheritdoc ILightClient
    /// @dev abi.encode(uint64 chainId, address account, bytes32 storeSlot, uint64 latestHeight, uint64 trustingPeriod,
    ///      uint64 maxClockDrift, bool frozen)
    function getClientState() external view returns (bytes memory) {
        return abi.encode(CHAIN_ID, ACCOUNT, STORE_SLOT, _latestHeight, TRUSTING_PERIOD, MAX_CLOCK_DRIFT, _frozen);
    }

    /// @notice Timestamp of the latest verified block, UTC seconds.
    function getLatestTimestamp() external view returns (uint64) {
        return _latestTimestamp;
    }

    function _commitmentAt(bytes calldata proof, IICS02ClientMsgs.Height calldata height, bytes[] calldata path)
        private
        view
        returns (uint64 timestamp, bytes32 commitment)
    {
        if (height.revisionNumber != 0) revert QbftRevisionInvalid(height.revisionNumber);
        if (path.length != 1) revert QbftPathInvalid(path.length);
        IQbftLightClientMsgs.StorageMsg calldata shown = QbftMessages.storageProof(proof);
        timestamp = shown.timestamp;
        bytes memory block_ = abi.encodePacked(timestamp, shown.stateRoot, shown.storageRoot, shown.blockHash);
        _checkConsensus(height.revisionHeight, timestamp, _hashOf(block_, shown.validatorsHash));
        bytes32 slot = keccak256(abi.encode(keccak256(path[0]), STORE_SLOT));
        commitment = MerklePatricia.storageWord(shown.storageRoot, slot, shown.storageProof);
    }
}
