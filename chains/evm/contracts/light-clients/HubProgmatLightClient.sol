// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HubErrors} from "../errors/HubErrors.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {ConsensusRing} from "../libraries/ConsensusRing.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {QbftHeader} from "../libraries/QbftHeader.sol";
import {QbftMessages} from "../libraries/QbftMessages.sol";
import {SparseMerkle} from "../libraries/SparseMerkle.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {IQbftLightClientMsgs} from "../msgs/IQbftLightClientMsgs.sol";
import {QbftFollower} from "./QbftFollower.sol";

/// @title Light client of a Progmat ledger, through a hub
/// @notice Follows the hub, a QBFT chain, and on it the account of the hub's own `ProgmatLightClient`. An update brings a
///         header of the hub and shows in that account's storage what the hub verified of the ledger at one height;
///         that is kept. Proofs about the ledger are those of the direct client: heights, times and roots are the
///         ledger's. It is frozen by two blocks of the hub at one height, by two states of the ledger at one height, and
///         by time of either that turns back; it takes nothing over from a hub whose own client is frozen or behind.
/// @dev Trust: more than two thirds of the hub's validators, besides whom the hub's client trusts.
contract HubProgmatLightClient is ILightClient, QbftFollower, HubErrors {
    using ConsensusRing for ConsensusRing.Ring;

    /// @param ledgerId ledger that the hub's client follows, for people and relayers
    /// @param trustingPeriod seconds after a state of the ledger at which trust in it ends, also on the hub's clock
    /// @param headSlot slot of the hub's client with the flag that it is frozen
    /// @param frozenMask bits of that slot of which one that is set means frozen
    /// @param ringSlot slot of its ring of consensus states
    /// @param ringKind how the ring is laid out
    /// @param height a height of the ledger that is trusted as given
    /// @param timestamp its time, UTC seconds
    /// @param root its root of provable writes
    struct FarConfig {
        string ledgerId;
        uint64 trustingPeriod;
        bytes32 headSlot;
        bytes32 frozenMask;
        bytes32 ringSlot;
        ConsensusRing.Kind ringKind;
        uint64 height;
        uint64 timestamp;
        bytes32 root;
    }

    /// @notice Seconds after a state of the ledger at which trust in it ends.
    uint64 public immutable FAR_TRUSTING_PERIOD;
    /// @notice Slot of the hub's client with the flag that it is frozen.
    bytes32 public immutable HEAD_SLOT;
    /// @notice Bits of the head slot of which one that is set means frozen.
    bytes32 public immutable FROZEN_MASK;
    /// @notice Slot of the hub's client with the ring of consensus states.
    bytes32 public immutable RING_SLOT;
    /// @notice How that ring is laid out.
    ConsensusRing.Kind public immutable RING_KIND;

    string private _ledgerId;
    uint64 private _farHeight;
    uint64 private _farTimestamp;
    ConsensusRing.Ring private _far;
    /// @dev who vouched for the latest block of the hub, for people and relayers
    bytes32 private _hubSetHash;

    /// @param hub the hub, its light client of the ledger as the account, and the block to begin with
    /// @param far the ledger behind it
    constructor(FollowerConfig memory hub, FarConfig memory far) QbftFollower(hub) {
        bool complete = bytes(far.ledgerId).length != 0 && far.trustingPeriod != 0 && far.headSlot != far.ringSlot;
        bool positive = far.height != 0 && far.timestamp != 0 && far.frozenMask != bytes32(0);
        bool inTime = uint256(far.timestamp) <= block.timestamp + hub.maxClockDrift;
        if (!complete || !positive || !inTime) revert HubInitialStateInvalid();
        FAR_TRUSTING_PERIOD = far.trustingPeriod;
        HEAD_SLOT = far.headSlot;
        FROZEN_MASK = far.frozenMask;
        RING_SLOT = far.ringSlot;
        RING_KIND = far.ringKind;
        _ledgerId = far.ledgerId;
        (_farHeight, _farTimestamp) = (far.height, far.timestamp);
        _hubSetHash = _setHashOf(hub.initial.validators);
        _far.prepare();
        _far.put(far.height, _farSlot(far.height, far.timestamp, far.root));
    }

    // ---------------------------------------------------------------------------------------------------- messages

    /// @inheritdoc ILightClient
    /// @dev updateMsg: HubMsg of `IQbftLightClientMsgs`
    function updateClient(bytes calldata updateMsg) external returns (ILightClientMsgs.UpdateResult) {
        _checkRouter();
        IQbftLightClientMsgs.HubMsg calldata message = QbftMessages.hub(updateMsg);
        (ILightClientMsgs.UpdateResult result, QbftHeader.Header memory header, bytes32 storageRoot) =
            _follow(message.hub);
        if (result == ILightClientMsgs.UpdateResult.Misbehaviour) return result;
        if (result == ILightClientMsgs.UpdateResult.Update && header.number == _latestHeight) {
            bytes32 setHash = _setHashOf(header.validators);
            if (setHash != _hubSetHash) _hubSetHash = setHash;
        }
        _checkShown(message, storageRoot, header.timestamp);
        ILightClientMsgs.UpdateResult far = _takeFar(message.height, message.timestamp, message.root);
        return far == ILightClientMsgs.UpdateResult.NoOp ? result : far;
    }

    /// @inheritdoc ILightClient
    /// @dev Evidence: EvidenceMsg of `IQbftLightClientMsgs`, two blocks of the hub. What contradicts itself about the
    ///      ledger comes as an update.
    function misbehaviour(bytes calldata misbehaviourMsg) external {
        _checkRouter();
        _judge(QbftMessages.evidence(misbehaviourMsg));
    }

    /// @inheritdoc ILightClient
    /// @dev The proof is the direct client's: `u64 timestamp | sparse Merkle proof`.
    function verifyMembership(ILightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        (uint64 timestamp, bytes calldata proof) = _checkQuery(msg_.proof, msg_.proofHeight, msg_.path);
        bytes32 root = SparseMerkle.rootOfPresence(proof, msg_.path[0], msg_.value);
        return _checkRoot(msg_.proofHeight.revisionHeight, timestamp, root);
    }

    /// @inheritdoc ILightClient
    function verifyNonMembership(ILightClientMsgs.MsgVerifyNonMembership calldata msg_)
        external
        view
        returns (uint256)
    {
        (uint64 timestamp, bytes calldata proof) = _checkQuery(msg_.proof, msg_.proofHeight, msg_.path);
        bytes32 root = SparseMerkle.rootOfAbsence(proof, msg_.path[0]);
        return _checkRoot(msg_.proofHeight.revisionHeight, timestamp, root);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILightClient
    /// @dev As `ProgmatLightClient`'s, so that whoever reads the one reads the other: abi.encode(string ledgerId, uint64
    ///      latestHeight, uint64 trustingPeriod, uint64 maxClockDrift, bool frozen, bytes32 validatorSetHash); the set
    ///      is that of the hub's latest block.
    function getClientState() external view returns (bytes memory) {
        return abi.encode(_ledgerId, _farHeight, FAR_TRUSTING_PERIOD, MAX_CLOCK_DRIFT, _frozen, _hubSetHash);
    }

    /// @notice Timestamp of the latest state of the ledger, UTC seconds.
    function getLatestTimestamp() external view returns (uint64) {
        return _farTimestamp;
    }

    /// @notice Height and timestamp of the latest verified block of the hub.
    function getHubHead() external view returns (uint64 height, uint64 timestamp) {
        return (_latestHeight, _latestTimestamp);
    }

    /// @notice The state of the ledger kept for one of its heights, 0 if there is none (any more): `u64 height | first 24
    ///         bytes of keccak256(u64 timestamp | root)`.
    function getFarConsensusState(uint64 height) external view returns (bytes32) {
        return _far.kept(height);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev What the hub's client keeps is what the message says, and that client was good at that block.
    function _checkShown(IQbftLightClientMsgs.HubMsg calldata message, bytes32 storageRoot, uint64 hubTimestamp)
        private
        view
    {
        bytes32 head = MerklePatricia.storageWord(storageRoot, HEAD_SLOT, message.headProof);
        if (head & FROZEN_MASK != bytes32(0)) revert HubClientFrozen(head);
        if (message.height == 0) revert HubConsensusUnknown(message.height);
        bytes32 place = ConsensusRing.placeOf(message.height, RING_SLOT, RING_KIND);
        bytes32 found = MerklePatricia.storageWord(storageRoot, place, message.ringProof);
        bytes32 expected = _farSlot(message.height, message.timestamp, message.root);
        if (found != expected) revert HubConsensusMismatch(message.height, expected, found);
        if (hubTimestamp >= uint256(message.timestamp) + FAR_TRUSTING_PERIOD) {
            revert HubConsensusStale(message.timestamp, FAR_TRUSTING_PERIOD, hubTimestamp);
        }
        uint256 latestAccepted = block.timestamp + MAX_CLOCK_DRIFT;
        if (message.timestamp > latestAccepted) revert HubConsensusFromFuture(message.timestamp, latestAccepted);
    }

    /// @dev The ledger's time may stand still between two heights, and never turns back.
    function _takeFar(uint64 height, uint64 timestamp, bytes32 root) private returns (ILightClientMsgs.UpdateResult) {
        bytes32 found = _farSlot(height, timestamp, root);
        bytes32 occupant = _far.occupantOf(height);
        uint256 occupantHeight = ConsensusRing.heightOf(occupant);
        if (occupantHeight == height && occupant == found) return ILightClientMsgs.UpdateResult.NoOp;
        bool backwards = height > _farHeight ? timestamp < _farTimestamp : timestamp > _farTimestamp;
        if (occupantHeight == height || backwards) return _freeze();
        if (occupantHeight > height) revert HubHeightPruned(height, occupantHeight);
        if (height > _farHeight) (_farHeight, _farTimestamp) = (height, timestamp);
        _far.put(height, found);
        return ILightClientMsgs.UpdateResult.Update;
    }

    function _checkQuery(bytes calldata proof, IICS02ClientMsgs.Height calldata height, bytes[] calldata path)
        private
        view
        returns (uint64 timestamp, bytes calldata smtProof)
    {
        _checkLatest();
        if (block.timestamp >= uint256(_farTimestamp) + FAR_TRUSTING_PERIOD) {
            revert HubClientExpired(_farTimestamp, FAR_TRUSTING_PERIOD, block.timestamp);
        }
        if (height.revisionNumber != 0) revert QbftRevisionInvalid(height.revisionNumber);
        if (path.length != 1) revert QbftPathInvalid(path.length);
        if (proof.length < 8) revert HubProofLengthInvalid(8, proof.length);
        timestamp = uint64(bytes8(proof));
        smtProof = proof[8:];
    }

    function _checkRoot(uint64 height, uint64 timestamp, bytes32 root) private view returns (uint256) {
        bytes32 expected = _far.kept(height);
        if (expected == bytes32(0)) revert HubConsensusUnknown(height);
        bytes32 found = _farSlot(height, timestamp, root);
        if (expected != found) revert HubProofInvalid(height, expected, found);
        return timestamp;
    }

    function _farSlot(uint64 height, uint64 timestamp, bytes32 root) private pure returns (bytes32) {
        return ConsensusRing.slotOf(height, keccak256(abi.encodePacked(timestamp, root)));
    }
}
