// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {QbftErrors} from "../errors/QbftErrors.sol";
import {ConsensusRing} from "../libraries/ConsensusRing.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {QbftHeader} from "../libraries/QbftHeader.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {IQbftLightClientMsgs} from "../msgs/IQbftLightClientMsgs.sol";

/// @title Follows one account of a QBFT chain
/// @notice Believes headers that a quorum of their own validators sealed, among them more than a third of those of a
///         verified block that is younger than the trusting period. Blocks that cannot both be of one chain freeze it for
///         ever: two of one height, one that does not name the verified block below it as its parent, time that goes
///         back. No owner and no setter.
/// @dev What a hub's client of another chain keeps is proved by storage proofs of this layout: slot 0 is
///      `frozen | u64 latest timestamp | u64 latest height` from the high end, the ring is an array from slot 1 on. Do not
///      move them.
abstract contract QbftFollower is QbftErrors {
    using ConsensusRing for ConsensusRing.Ring;

    /// @param router who may pass messages on
    /// @param chainId EIP-155 id of the chain: headers do not carry it
    /// @param account the account whose storage is followed
    /// @param trustingPeriod seconds a verified block may be built upon
    /// @param maxClockDrift seconds by which a header may be ahead of this chain's clock
    /// @param height height of the initial block, which is trusted as it is given
    /// @param initial what the initial block says
    struct FollowerConfig {
        address router;
        uint64 chainId;
        address account;
        uint64 trustingPeriod;
        uint64 maxClockDrift;
        uint64 height;
        IQbftLightClientMsgs.TrustedConsensus initial;
    }

    /// @notice Number of consensus states kept.
    uint256 public constant RING_SIZE = ConsensusRing.SIZE;
    /// @notice The router that may pass messages on.
    address public immutable ROUTER;
    /// @notice EIP-155 id of the chain that is followed.
    uint64 public immutable CHAIN_ID;
    /// @notice The account whose storage is followed.
    address public immutable ACCOUNT;
    /// @notice Seconds a verified block may be built upon.
    uint64 public immutable TRUSTING_PERIOD;
    /// @notice Seconds by which a header may be ahead of this chain's clock.
    uint64 public immutable MAX_CLOCK_DRIFT;

    // slot 0
    uint64 internal _latestHeight;
    uint64 internal _latestTimestamp;
    bool internal _frozen;
    // slot 1
    ConsensusRing.Ring private _consensus;

    constructor(FollowerConfig memory config) {
        address[] memory validators = config.initial.validators;
        bool complete = config.router != address(0) && config.account != address(0) && validators.length != 0;
        bool positive = config.trustingPeriod != 0 && config.height != 0 && config.initial.timestamp != 0;
        bool inTime = uint256(config.initial.timestamp) <= block.timestamp + config.maxClockDrift;
        if (!complete || !positive || !inTime || config.chainId == 0) revert QbftInitialStateInvalid();
        ROUTER = config.router;
        CHAIN_ID = config.chainId;
        ACCOUNT = config.account;
        TRUSTING_PERIOD = config.trustingPeriod;
        MAX_CLOCK_DRIFT = config.maxClockDrift;
        _latestHeight = config.height;
        _latestTimestamp = config.initial.timestamp;
        _consensus.prepare();
        bytes32 hash = _hashOf(_blockOf(config.initial), _setHashOf(validators));
        _consensus.put(config.height, ConsensusRing.slotOf(config.height, hash));
    }

    /// @notice The consensus state kept for a height, 0 if there is none (any more): `u64 height | first 24 bytes of
    ///         keccak256(u64 timestamp | state root | storage root | block hash | validators' hash)`.
    function getConsensusState(uint64 height) external view virtual returns (bytes32) {
        return _consensus.kept(height);
    }

    // ----------------------------------------------------------------------------------------------------- headers

    /// @dev Verifies a header and the account under it, and takes it over or freezes.
    function _follow(IQbftLightClientMsgs.HeaderMsg calldata message)
        internal
        returns (ILightClientMsgs.UpdateResult result, QbftHeader.Header memory header, bytes32 storageRoot)
    {
        _checkTrusted(message.trustedHeight, message.trusted);
        header = _verified(message.headerRlp, message.trustedHeight, message.trusted);
        if (header.number == message.trustedHeight + 1 && header.parentHash != message.trusted.blockHash) {
            return (_freeze(), header, storageRoot);
        }
        storageRoot = MerklePatricia.storageRootOf(header.stateRoot, ACCOUNT, message.accountProof);
        result = _take(header, storageRoot);
    }

    /// @dev Freezes if the two headers are verified and cannot both be of one chain. Equal times at two heights accuse
    ///      nobody: networks with a block period of zero have them.
    function _judge(IQbftLightClientMsgs.EvidenceMsg calldata evidence) internal {
        _checkTrusted(evidence.trustedHeight, evidence.trusted);
        QbftHeader.Header memory a = _verified(evidence.headerA, evidence.trustedHeight, evidence.trusted);
        QbftHeader.Header memory b = _verified(evidence.headerB, evidence.trustedHeight, evidence.trusted);
        if (a.number > b.number) (a, b) = (b, a);
        bool twins = a.number == b.number && a.blockHash != b.blockHash;
        bool backwards = a.number < b.number && b.timestamp < a.timestamp;
        bool unlinked = a.number + 1 == b.number && b.parentHash != a.blockHash;
        if (!twins && !backwards && !unlinked) revert QbftEvidenceConsistent(a.number, b.number);
        _freeze();
    }

    /// @dev Held against what is kept, and young enough to be relied upon; never if the client is frozen.
    function _checkConsensus(uint64 height, uint64 timestamp, bytes32 hash) internal view {
        if (_frozen) revert QbftClientFrozen();
        bytes32 expected = _consensus.kept(height);
        if (expected == bytes32(0)) revert QbftConsensusUnknown(height);
        bytes32 found = ConsensusRing.slotOf(height, hash);
        if (found != expected) revert QbftConsensusMismatch(height, expected, found);
        if (block.timestamp >= uint256(timestamp) + TRUSTING_PERIOD) {
            revert QbftConsensusExpired(timestamp, TRUSTING_PERIOD, block.timestamp);
        }
    }

    function _checkRouter() internal view {
        if (msg.sender != ROUTER) revert QbftCallerNotRouter(ROUTER, msg.sender);
    }

    /// @dev The latest verified block must be young, whatever block a proof is about.
    function _checkLatest() internal view {
        if (_frozen) revert QbftClientFrozen();
        if (block.timestamp >= uint256(_latestTimestamp) + TRUSTING_PERIOD) {
            revert QbftConsensusExpired(_latestTimestamp, TRUSTING_PERIOD, block.timestamp);
        }
    }

    /// @param block_ u64 timestamp | state root | storage root | block hash
    function _hashOf(bytes memory block_, bytes32 setHash) internal pure returns (bytes32) {
        return keccak256(bytes.concat(block_, setHash));
    }

    function _setHashOf(address[] memory validators) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(validators));
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _checkTrusted(uint64 height, IQbftLightClientMsgs.TrustedConsensus calldata trusted) private view {
        bytes32 setHash = keccak256(abi.encodePacked(trusted.validators));
        _checkConsensus(height, trusted.timestamp, _hashOf(_blockOf(trusted), setHash));
    }

    function _verified(
        bytes calldata headerRlp,
        uint64 trustedHeight,
        IQbftLightClientMsgs.TrustedConsensus calldata trusted
    ) private view returns (QbftHeader.Header memory header) {
        header = QbftHeader.read(headerRlp);
        if (header.number <= trustedHeight) revert QbftHeightNotAbove(trustedHeight, header.number);
        if (header.timestamp <= trusted.timestamp) revert QbftTimestampNotAfter(trusted.timestamp, header.timestamp);
        uint256 latestAccepted = block.timestamp + MAX_CLOCK_DRIFT;
        if (header.timestamp > latestAccepted) revert QbftHeaderFromFuture(header.timestamp, latestAccepted);
        QbftHeader.checkSeals(header, trusted.validators);
    }

    function _freeze() internal returns (ILightClientMsgs.UpdateResult) {
        _frozen = true;
        return ILightClientMsgs.UpdateResult.Misbehaviour;
    }

    function _blockOf(IQbftLightClientMsgs.TrustedConsensus memory block_) private pure returns (bytes memory) {
        return abi.encodePacked(block_.timestamp, block_.stateRoot, block_.storageRoot, block_.blockHash);
    }

    function _take(QbftHeader.Header memory header, bytes32 storageRoot)
        private
        returns (ILightClientMsgs.UpdateResult)
    {
        (uint64 height, uint64 timestamp) = (header.number, header.timestamp);
        bytes memory block_ = abi.encodePacked(timestamp, header.stateRoot, storageRoot, header.blockHash);
        bytes32 found = ConsensusRing.slotOf(height, _hashOf(block_, _setHashOf(header.validators)));
        bytes32 occupant = _consensus.occupantOf(height);
        uint256 occupantHeight = ConsensusRing.heightOf(occupant);
        if (occupantHeight == height && occupant == found) return ILightClientMsgs.UpdateResult.NoOp;
        bool backwards = height > _latestHeight ? timestamp < _latestTimestamp : timestamp > _latestTimestamp;
        if (occupantHeight == height || backwards) return _freeze();
        if (timestamp == _latestTimestamp) revert QbftTimestampNotAfter(_latestTimestamp, timestamp);
        if (occupantHeight > height) revert QbftHeightPruned(height, occupantHeight);
        if (height > _latestHeight) (_latestHeight, _latestTimestamp) = (height, timestamp);
        _consensus.put(height, found);
        return ILightClientMsgs.UpdateResult.Update;
    }
}
