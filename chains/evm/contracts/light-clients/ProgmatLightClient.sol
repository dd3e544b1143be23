// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgmatErrors} from "../errors/ProgmatErrors.sol";
import {IBatchLightClient} from "../interfaces/IBatchLightClient.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {CheckpointHeader} from "../libraries/CheckpointHeader.sol";
import {ConsensusSlot} from "../libraries/ConsensusSlot.sol";
import {SparseMerkle} from "../libraries/SparseMerkle.sol";
import {SparseMultiproof} from "../libraries/SparseMultiproof.sol";
import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";

/// @title Light client of a Progmat ledger
/// @notice Believes checkpoints signed by k of the n Validators it trusts, and what sparse Merkle proofs show under
///         their roots. Two different checkpoints at one height, or time running backwards, freeze it for ever; silence
///         for a trusting period expires it. Frozen or expired, it refuses everything: governance replaces it.
/// @dev A consensus state is one slot, height and keccak256(timestamp | root), in a ring of slots; the proof brings the
///      timestamp and recomputes the root. A relayer that updates and proves in one multicall never meets the ring's
///      end; others update again. There is no owner and no setter: state changes by proofs only, through the router.
contract ProgmatLightClient is ILightClient, IBatchLightClient, ProgmatErrors {
    /// @notice Number of consensus states kept.
    uint256 public constant RING_SIZE = 256;
    /// @dev A place in the ring that no height has taken yet: height 0, which is never verified.
    bytes32 private constant VACANT = bytes32(uint256(1));
    uint256 private constant TIMESTAMP_SIZE = 8;
    uint256 private constant FROZEN = 1;
    /// @notice The router that may pass messages on.
    address public immutable ROUTER;
    /// @notice Domain of the ledger's checkpoints.
    bytes32 public immutable DOMAIN_SEPARATOR;
    /// @notice Seconds after the last checkpoint's timestamp at which trust ends.
    uint64 public immutable TRUSTING_PERIOD;
    /// @notice Seconds by which a checkpoint may be ahead of this chain's clock.
    uint64 public immutable MAX_CLOCK_DRIFT;

    /// @dev `u64 height | u64 timestamp | 127 zero bits | frozen`: read once and written once a message.
    uint256 private _latest;
    bytes32 private _validatorSetHash;
    string private _ledgerId;
    /// @dev Ring: a consensus state stays until another height of the same remainder is verified.
    bytes32[RING_SIZE] private _consensus;
    // the set before the trusted one, and the last checkpoint it signed; two slots, written at a rotation
    bytes32 private _retiredSetHash;
    uint64 private _retiredHeight;
    uint64 private _retiredTimestamp;

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
        _latest = _packed(height, timestamp);
        _validatorSetHash = validatorSetHash;
        // a slot that was never written costs 17,100 more than one that is overwritten: pay for all of them once, here
        for (uint256 i = 0; i < RING_SIZE; ++i) _consensus[i] = VACANT;
        _consensus[height % RING_SIZE] = ConsensusSlot.pack(height, timestamp, root);
    }

    // ---------------------------------------------------------------------------------------------------- messages

    /// @inheritdoc ILightClient
    function updateClient(bytes calldata updateMsg) external returns (ILightClientMsgs.UpdateResult) {
        _checkRouter();
        uint256 latest = _active();
        bytes32 trustedSetHash = _validatorSetHash;
        CheckpointHeader.Checkpoint memory checkpoint = _verifyHeader(updateMsg, trustedSetHash);
        uint64 height = checkpoint.height;
        bytes32 found = ConsensusSlot.pack(height, checkpoint.timestamp, checkpoint.root);
        if (height <= _heightOf(latest)) {
            return _known(height) == found ? ILightClientMsgs.UpdateResult.NoOp : _freeze();
        }
        if (checkpoint.timestamp < _timestampOf(latest)) return _freeze();
        _latest = _packed(height, checkpoint.timestamp);
        _consensus[height % RING_SIZE] = found;
        if (checkpoint.nextValidatorSetHash != trustedSetHash) _rotate(checkpoint, trustedSetHash);
        return ILightClientMsgs.UpdateResult.Update;
    }

    /// @inheritdoc ILightClient
    /// @dev Evidence: abi.encode(bytes headerA, bytes headerB), each signed by the trusted set, or by the retired one at a
    ///      height of its own: two different checkpoints at one height, or a later height with an earlier timestamp.
    function misbehaviour(bytes calldata misbehaviourMsg) external {
        _checkRouter();
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
        _active();
        bytes calldata proof = msg_.proof;
        uint64 timestamp = _checkQuery(proof, msg_.proofHeight, msg_.path);
        bytes32 root = SparseMerkle.rootOfPresence(proof[TIMESTAMP_SIZE:], msg_.path[0], msg_.value);
        return _checkRoot(msg_.proofHeight.revisionHeight, timestamp, root);
    }

    /// @inheritdoc ILightClient
    function verifyNonMembership(ILightClientMsgs.MsgVerifyNonMembership calldata msg_)
        external
        view
        returns (uint256)
    {
        _active();
        bytes calldata proof = msg_.proof;
        uint64 timestamp = _checkQuery(proof, msg_.proofHeight, msg_.path);
        bytes32 root = SparseMerkle.rootOfAbsence(proof[TIMESTAMP_SIZE:], msg_.path[0]);
        return _checkRoot(msg_.proofHeight.revisionHeight, timestamp, root);
    }

    /// @inheritdoc IBatchLightClient
    function verifyMemberships(IBatchMsgs.MsgVerifyMemberships calldata msg_) external view returns (uint256) {
        _active();
        bytes calldata proof = msg_.proof;
        uint64 timestamp = _checkProof(proof, msg_.proofHeight);
        bytes32 root = SparseMultiproof.rootOfPresences(proof[TIMESTAMP_SIZE:], msg_.pathPrefix, msg_.entries);
        return _checkRoot(msg_.proofHeight.revisionHeight, timestamp, root);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILightClient
    /// @dev abi.encode(string ledgerId, uint64 latestHeight, uint64 trustingPeriod, uint64 maxClockDrift, bool frozen,
    ///      bytes32 validatorSetHash)
    function getClientState() external view returns (bytes memory) {
        uint256 latest = _latest;
        bool frozen = latest & FROZEN != 0;
        return abi.encode(
            _ledgerId, _heightOf(latest), TRUSTING_PERIOD, MAX_CLOCK_DRIFT, frozen, _validatorSetHash
        );
    }

    /// @notice Timestamp of the latest verified checkpoint, UTC seconds.
    function getLatestTimestamp() external view returns (uint64) {
        return _timestampOf(_latest);
    }

    /// @notice The consensus state kept for a height, 0 if there is none (any more): `u64 height | first 24 bytes of
    ///         keccak256(u64 timestamp | root)`.
    function getConsensusState(uint64 height) external view returns (bytes32) {
        bytes32 slot = _consensus[height % RING_SIZE];
        return height != 0 && ConsensusSlot.heightOf(slot) == height ? slot : bytes32(0);
    }

    /// @notice Checks a header against the trusted validators and the clock, changing nothing: for evidence and people.
    /// @param header packed header
    /// @return the checkpoint it carries
    function verifiedCheckpoint(bytes calldata header) external view returns (CheckpointHeader.Checkpoint memory) {
        _active();
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
        _active();
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

    /// @dev What is latest, of a client that is neither frozen nor expired.
    function _active() private view returns (uint256 latest) {
        latest = _latest;
        if (latest & FROZEN != 0) revert ProgmatClientFrozen();
        uint64 timestamp = _timestampOf(latest);
        if (block.timestamp >= uint256(timestamp) + TRUSTING_PERIOD) {
            revert ProgmatClientExpired(timestamp, TRUSTING_PERIOD, block.timestamp);
        }
    }

    function _rotate(CheckpointHeader.Checkpoint memory handover, bytes32 retiredSetHash) private {
        _retiredSetHash = retiredSetHash;
        _retiredHeight = handover.height;
        _retiredTimestamp = handover.timestamp;
        _validatorSetHash = handover.nextValidatorSetHash;
    }

    function _verifyHeader(bytes calldata header, bytes32 trustedSetHash)
        private
        view
        returns (CheckpointHeader.Checkpoint memory checkpoint)
    {
        checkpoint = CheckpointHeader.verify(header, DOMAIN_SEPARATOR, trustedSetHash);
        uint256 latestAccepted = block.timestamp + MAX_CLOCK_DRIFT;
        if (checkpoint.timestamp > latestAccepted) {
            revert ProgmatHeaderFromFuture(checkpoint.timestamp, latestAccepted);
        }
    }

    function _freeze() private returns (ILightClientMsgs.UpdateResult) {
        _latest |= FROZEN;
        return ILightClientMsgs.UpdateResult.Misbehaviour;
    }

    function _checkQuery(bytes calldata proof, IICS02ClientMsgs.Height calldata height, bytes[] calldata path)
        private
        pure
        returns (uint64)
    {
        if (path.length != 1) revert ProgmatPathInvalid(path.length);
        return _checkProof(proof, height);
    }

    /// @dev The timestamp before the tree's own proof.
    function _checkProof(bytes calldata proof, IICS02ClientMsgs.Height calldata height) private pure returns (uint64) {
        if (height.revisionNumber != 0) revert ProgmatRevisionInvalid(height.revisionNumber);
        if (proof.length < TIMESTAMP_SIZE) revert ProgmatProofLengthInvalid(TIMESTAMP_SIZE, proof.length);
        return uint64(bytes8(proof));
    }

    function _checkRoot(uint64 height, uint64 timestamp, bytes32 root) private view returns (uint256) {
        bytes32 expected = _known(height);
        bytes32 found = ConsensusSlot.pack(height, timestamp, root);
        if (expected != found) revert ProgmatProofInvalid(height, expected, found);
        return timestamp;
    }

    /// @dev The consensus state at a height that the ring still keeps.
    function _known(uint64 height) private view returns (bytes32 slot) {
        slot = _consensus[height % RING_SIZE];
        if (height == 0 || ConsensusSlot.heightOf(slot) != height) revert ProgmatConsensusUnknown(height);
    }

    function _packed(uint64 height, uint64 timestamp) private pure returns (uint256) {
        return (uint256(height) << 192) | (uint256(timestamp) << 128);
    }

    function _heightOf(uint256 latest) private pure returns (uint64) {
        return uint64(latest >> 192);
    }

    function _timestampOf(uint256 latest) private pure returns (uint64) {
        return uint64(latest >> 128);
    }
}
