// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgmatErrors} from "../errors/ProgmatErrors.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {CheckpointHeader} from "../libraries/CheckpointHeader.sol";
import {SparseMerkle} from "../libraries/SparseMerkle.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";

/// @title Light client of a Progmat ledger
/// @notice Believes checkpoints signed by k of the n Validators it trusts, and what sparse Merkle proofs show under
///         their roots. Two different checkpoints at one height, or time running backwards, freeze it for ever; silence
///         for a trusting period expires it. Frozen or expired, it refuses everything: governance replaces it.
/// @dev A consensus state is one slot, height and keccak256(timestamp | root), in a ring of slots; the proof brings the
///      timestamp and recomputes the root. A relayer that updates and proves in one multicall never meets the ring's
///      end; others update again. There is no owner and no setter: state changes by proofs only, through the router.
contract ProgmatLightClient is ILightClient, ProgmatErrors {
    /// @notice Number of consensus states kept.
    uint256 public constant RING_SIZE = 256;
    /// @dev A place in the ring that no height has taken yet: height 0, which is never verified.
    bytes32 private constant VACANT = bytes32(uint256(1));
    /// @notice The router that may pass messages on.
    address public immutable ROUTER;
    /// @notice Domain of the ledger's checkpoints.
    bytes32 public immutable DOMAIN_SEPARATOR;
    /// @notice Seconds after the last checkpoint's timestamp at which trust ends.
    uint64 public immutable TRUSTING_PERIOD;
    /// @notice Seconds by which a checkpoint may be ahead of this chain's clock.
    uint64 public immutable MAX_CLOCK_DRIFT;

    // one slot
    uint64 private _latestHeight;
    uint64 private _latestTimestamp;
    bool private _frozen;

    bytes32 private _validatorSetHash;
    // the set before it, and the last checkpoint it signed; two slots, written at a rotation
    bytes32 private _retiredSetHash;
    uint64 private _retiredHeight;
    uint64 private _retiredTimestamp;
    string private _ledgerId;
    /// @dev Ring: a consensus state stays until another height of the same remainder is verified.
    mapping(uint256 heightModuloRing => bytes32 consensus) private _consensus;

    /// @param router the router that may pass messages on
    /// @param ledgerId ledger whose checkpoints count
    /// @param trustingPeriod seconds
    /// @param maxClockDrift seconds
    /// @param height height of the initial checkpoint
    /// @param timestamp UTC seconds of the initial checkpoint
    /// @param root root of the initial checkpoint
    /// @param validatorSetHash keccak256(u8 threshold | u8 size | addresses) of the set trusted for the next checkpoint
    constructor(
        address router,
        string memory ledgerId,
        uint64 trustingPeriod,
        uint64 maxClockDrift,
        uint64 height,
        uint64 timestamp,
        bytes32 root,
        bytes32 validatorSetHash
    ) {
        bool complete = router != address(0) && bytes(ledgerId).length != 0 && validatorSetHash != bytes32(0);
        bool positive = trustingPeriod != 0 && height != 0 && timestamp != 0;
        bool inTime = uint256(timestamp) <= block.timestamp + maxClockDrift;
        if (!complete || !positive || !inTime) revert ProgmatInitialStateInvalid();
        ROUTER = router;
        DOMAIN_SEPARATOR = CheckpointHeader.domainSeparator(ledgerId);
        TRUSTING_PERIOD = trustingPeriod;
        MAX_CLOCK_DRIFT = maxClockDrift;
        _ledgerId = ledgerId;
        _latestHeight = height;
        _latestTimestamp = timestamp;
        _validatorSetHash = validatorSetHash;
        // a slot that was never written costs 17,100 more than one that is overwritten: pay for all of them once, here
        for (uint256 i = 0; i < RING_SIZE; ++i) _consensus[i] = VACANT;
        _consensus[height % RING_SIZE] = _consensusSlot(height, timestamp, root);
    }

    // ---------------------------------------------------------------------------------------------------- messages

    /// @inheritdoc ILightClient
    function updateClient(bytes calldata updateMsg) external returns (ILightClientMsgs.UpdateResult) {
        _checkRouter();
        _checkActive();
        CheckpointHeader.Checkpoint memory checkpoint = _verifyHeader(updateMsg, _validatorSetHash);
        uint64 height = checkpoint.height;
        bytes32 found = _consensusSlot(height, checkpoint.timestamp, checkpoint.root);
        if (height > _latestHeight) {
            if (checkpoint.timestamp < _latestTimestamp) return _freeze();
            _latestHeight = height;
            _latestTimestamp = checkpoint.timestamp;
            _consensus[height % RING_SIZE] = found;
            if (checkpoint.nextValidatorSetHash != _validatorSetHash) _rotate(checkpoint);
            return ILightClientMsgs.UpdateResult.Update;
        }
        return _known(height) == found ? ILightClientMsgs.UpdateResult.NoOp : _freeze();
    }

    /// @inheritdoc ILightClient
    /// @dev Evidence: abi.encode(bytes headerA, bytes headerB), each signed by the trusted set, or by the retired one at a
    ///      height of its own: two different checkpoints at one height, or a later height with an earlier timestamp.
    function misbehaviour(bytes calldata misbehaviourMsg) external {
        _checkRouter();
        _checkActive();
        (bytes memory headerA, bytes memory headerB) = abi.decode(misbehaviourMsg, (bytes, bytes));
        if (keccak256(abi.encode(headerA, headerB)) != keccak256(misbehaviourMsg)) {
            revert ProgmatEvidenceMalformed(misbehaviourMsg.length);
        }
        CheckpointHeader.Checkpoint memory a = this.accusedCheckpoint(headerA);
        CheckpointHeader.Checkpoint memory b = this.accusedCheckpoint(headerB);
        bool forked = a.height == b.height && keccak256(abi.encode(a)) != keccak256(abi.encode(b));
        bool backwards = (a.height > b.height && a.timestamp < b.timestamp)
            || (b.height > a.height && b.timestamp < a.timestamp);
        if (!forked && !backwards) revert ProgmatEvidenceConsistent(a.height, b.height);
        _freeze();
    }

    /// @inheritdoc ILightClient
    function verifyMembership(ILightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        _checkActive();
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
        _checkActive();
        (uint64 timestamp, bytes calldata proof) = _checkQuery(msg_.proof, msg_.proofHeight, msg_.path);
        bytes32 root = SparseMerkle.rootOfAbsence(proof, msg_.path[0]);
        return _checkRoot(msg_.proofHeight.revisionHeight, timestamp, root);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILightClient
    /// @dev abi.encode(string ledgerId, uint64 latestHeight, uint64 trustingPeriod, uint64 maxClockDrift, bool frozen,
    ///      bytes32 validatorSetHash)
    function getClientState() external view returns (bytes memory) {
        return abi.encode(_ledgerId, _latestHeight, TRUSTING_PERIOD, MAX_CLOCK_DRIFT, _frozen, _validatorSetHash);
    }

    /// @notice Timestamp of the latest verified checkpoint, UTC seconds.
    function getLatestTimestamp() external view returns (uint64) {
        return _latestTimestamp;
    }

    /// @notice The consensus state kept for a height, 0 if there is none (any more): `u64 height | first 24 bytes of
    ///         keccak256(u64 timestamp | root)`.
    function getConsensusState(uint64 height) external view returns (bytes32) {
        bytes32 slot = _consensus[height % RING_SIZE];
        return height != 0 && _heightOf(slot) == height ? slot : bytes32(0);
    }

    /// @notice Checks a header against the trusted validators and the clock, changing nothing: for evidence and people.
    /// @param header packed header
    /// @return the checkpoint it carries
    function verifiedCheckpoint(bytes calldata header) external view returns (CheckpointHeader.Checkpoint memory) {
        _checkActive();
        return _verifyHeader(header, _validatorSetHash);
    }

    /// @notice As verifiedCheckpoint, of a header in evidence: the retired set answers for its own heights, too, until a
    ///         trusting period after its last checkpoint. Later its keys may be anybody's.
    /// @param header packed header
    /// @return checkpoint the checkpoint it carries
    function accusedCheckpoint(bytes calldata header)
        external
        view
        returns (CheckpointHeader.Checkpoint memory checkpoint)
    {
        _checkActive();
        bool answerable = block.timestamp < uint256(_retiredTimestamp) + TRUSTING_PERIOD
            && CheckpointHeader.heightOf(header) <= _retiredHeight
            && CheckpointHeader.setHashOf(header) == _retiredSetHash;
        return _verifyHeader(header, answerable ? _retiredSetHash : _validatorSetHash);
    }

    /// @notice The set before the trusted one, zeros if none was replaced yet.
    /// @return setHash hash of the set
    /// @return lastHeight height of the last checkpoint it signed
    /// @return lastTimestamp timestamp of that checkpoint, UTC seconds
    function getRetiredSet() external view returns (bytes32 setHash, uint64 lastHeight, uint64 lastTimestamp) {
        return (_retiredSetHash, _retiredHeight, _retiredTimestamp);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _checkRouter() private view {
        if (msg.sender != ROUTER) revert ProgmatCallerNotRouter(ROUTER, msg.sender);
    }

    function _checkActive() private view {
        if (_frozen) revert ProgmatClientFrozen();
        uint64 latest = _latestTimestamp;
        if (block.timestamp >= uint256(latest) + TRUSTING_PERIOD) {
            revert ProgmatClientExpired(latest, TRUSTING_PERIOD, block.timestamp);
        }
    }

    function _rotate(CheckpointHeader.Checkpoint memory handover) private {
        _retiredSetHash = _validatorSetHash;
        _retiredHeight = handover.height;
        _retiredTimestamp = handover.timestamp;
        _validatorSetHash = handover.nextValidatorSetHash;
    }

    function _verifyHeader(bytes calldata header, bytes32 setHash)
        private
        view
        returns (CheckpointHeader.Checkpoint memory checkpoint)
    {
        checkpoint = CheckpointHeader.verify(header, DOMAIN_SEPARATOR, setHash);
        uint256 latestAccepted = block.timestamp + MAX_CLOCK_DRIFT;
        if (checkpoint.timestamp > latestAccepted) {
            revert ProgmatHeaderFromFuture(checkpoint.timestamp, latestAccepted);
        }
    }

    function _freeze() private returns (ILightClientMsgs.UpdateResult) {
        _frozen = true;
        return ILightClientMsgs.UpdateResult.Misbehaviour;
    }

    function _checkQuery(bytes calldata proof, IICS02ClientMsgs.Height calldata height, bytes[] calldata path)
        private
        pure
        returns (uint64 timestamp, bytes calldata smtProof)
    {
        if (height.revisionNumber != 0) revert ProgmatRevisionInvalid(height.revisionNumber);
        if (path.length != 1) revert ProgmatPathInvalid(path.length);
        if (proof.length < 8) revert ProgmatProofLengthInvalid(8, proof.length);
        timestamp = uint64(bytes8(proof));
        smtProof = proof[8:];
    }

    function _checkRoot(uint64 height, uint64 timestamp, bytes32 root) private view returns (uint256) {
        bytes32 expected = _known(height);
        bytes32 found = _consensusSlot(height, timestamp, root);
        if (expected != found) revert ProgmatProofInvalid(height, expected, found);
        return timestamp;
    }

    /// @dev The consensus state at a height that the ring still keeps.
    function _known(uint64 height) private view returns (bytes32 slot) {
        slot = _consensus[height % RING_SIZE];
        if (height == 0 || _heightOf(slot) != height) revert ProgmatConsensusUnknown(height);
    }

    function _heightOf(bytes32 slot) private pure returns (uint256) {
        return uint256(slot) >> 192;
    }

    /// @dev The height stands in the slot, so 24 bytes are left for the hash: a second preimage takes 2^192 tries.
    function _consensusSlot(uint64 height, uint64 timestamp, bytes32 root) private pure returns (bytes32) {
        uint256 hash = uint256(keccak256(abi.encodePacked(timestamp, root)));
        return bytes32((uint256(height) << 192) | (hash >> 64));
    }
}
