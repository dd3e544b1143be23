// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILightClient} from "../interfaces/ILightClient.sol";
import {EnclaveStatement} from "../libraries/EnclaveStatement.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {EnclaveKeys} from "./EnclaveKeys.sol";

/// @title Light client of a chain that light clients in enclaves follow
/// @notice Believes what enclaves of enough distinct operators state. The enclaves keep nothing: a statement names the
///         state it was made from, which must be the one kept here, so that a store rolled back or made up gives
///         statements nobody takes. Another state at a known height, or time running backwards, freezes it for ever;
///         silence for a trusting period expires it.
/// @dev A consensus state is one slot, height and keccak256(timestamp | state id), in a ring of slots; messages and
///      proofs bring the rest. Statements are rebuilt from what is asked, never parsed.
contract EnclaveLightClient is ILightClient, EnclaveKeys {
    /// @param router the router that may pass messages on
    /// @param trustingPeriod seconds, as the client inside has it
    /// @param maxClockDrift seconds, as the client inside has it
    /// @param height initial height
    /// @param timestamp its time, nanoseconds
    /// @param stateId its state: SHA-256 of the inner client state and consensus state
    struct InitialState {
        address router;
        uint64 trustingPeriod;
        uint64 maxClockDrift;
        uint64 height;
        uint128 timestamp;
        bytes32 stateId;
    }

    /// @notice Number of consensus states kept.
    uint256 public constant RING_SIZE = 256;
    uint256 private constant NANOSECONDS = 1e9;
    /// @dev A place in the ring that no height has taken yet: height 0, which is never stated.
    bytes32 private constant VACANT = bytes32(uint256(1));
    /// @dev prevHeight 8 | prevStateId 32 | prevTimestamp 16 | postHeight 8 | postStateId 32 | timestamp 16
    uint256 private constant UPDATE_HEAD = 112;
    /// @dev timestamp 16 | stateId 32
    uint256 private constant PROOF_HEAD = 48;

    /// @notice The router that may pass messages on.
    address public immutable ROUTER;
    /// @notice Seconds after the last state's time at which trust ends.
    uint64 public immutable TRUSTING_PERIOD;
    /// @notice Seconds by which a header may be ahead of this chain's clock.
    uint64 public immutable MAX_CLOCK_DRIFT;

    // one slot
    uint64 private _latestHeight;
    uint128 private _latestTimestamp;
    bool private _frozen;

    /// @dev Ring: a consensus state stays until another height of the same remainder is stated.
    mapping(uint256 heightModuloRing => bytes32 consensus) private _consensus;

    constructor(InitialState memory initial, KeyPolicy memory policy) EnclaveKeys(policy) {
        bool complete = initial.router != address(0) && initial.stateId != bytes32(0);
        bool positive = initial.trustingPeriod != 0 && initial.height != 0 && initial.timestamp != 0;
        bool inTime = initial.timestamp <= (block.timestamp + initial.maxClockDrift) * NANOSECONDS;
        if (!complete || !positive || !inTime) revert EnclaveInitialStateInvalid();
        ROUTER = initial.router;
        TRUSTING_PERIOD = initial.trustingPeriod;
        MAX_CLOCK_DRIFT = initial.maxClockDrift;
        _latestHeight = initial.height;
        _latestTimestamp = initial.timestamp;
        // a slot that was never written costs 17,100 more than one that is overwritten: pay for all of them once, here
        for (uint256 i = 0; i < RING_SIZE; ++i) _consensus[i] = VACANT;
        _consensus[initial.height % RING_SIZE] = _consensusSlot(initial.height, initial.timestamp, initial.stateId);
    }

    // ---------------------------------------------------------------------------------------------------- messages

    /// @inheritdoc ILightClient
    /// @dev `u64 prevHeight | prevStateId 32 | u128 prevTimestamp | u64 postHeight | postStateId 32 | u128 timestamp |
    ///      64-byte signatures (EIP-2098) of enclave keys, ascending by operator`; times in nanoseconds.
    function updateClient(bytes calldata updateMsg) external returns (ILightClientMsgs.UpdateResult) {
        _checkRouter();
        _checkActive();
        EnclaveStatement.Update memory update = _parse(updateMsg);
        _checkUpdate(update);
        bytes32 digest = EnclaveStatement.updateDigest(
            update, TRUSTING_PERIOD * NANOSECONDS, MAX_CLOCK_DRIFT * NANOSECONDS
        );
        _checkSigners(digest, updateMsg[UPDATE_HEAD:]);
        uint64 height = update.postHeight;
        bytes32 found = _consensusSlot(height, update.timestamp, update.postStateId);
        if (height <= _latestHeight) {
            return _known(height) == found ? ILightClientMsgs.UpdateResult.NoOp : _freeze();
        }
        if (update.timestamp < _latestTimestamp) return _freeze();
        _latestHeight = height;
        _latestTimestamp = update.timestamp;
        _consensus[height % RING_SIZE] = found;
        return ILightClientMsgs.UpdateResult.Update;
    }

    /// @inheritdoc ILightClient
    /// @dev Evidence: abi.encode(uint64 height, bytes32 stateId, uint128 timestamp, bytes clientMessage, bytes
    ///      signatures): the enclaves state that `clientMessage` shows misbehaviour, judged by the state of the height.
    ///      (Two statements of one height need no evidence: the second of them, as an update, freezes.)
    function misbehaviour(bytes calldata misbehaviourMsg) external {
        _checkRouter();
        _checkActive();
        (uint64 height, bytes32 stateId, uint128 timestamp, bytes memory message, bytes memory signatures) =
            abi.decode(misbehaviourMsg, (uint64, bytes32, uint128, bytes, bytes));
        if (keccak256(abi.encode(height, stateId, timestamp, message, signatures)) != keccak256(misbehaviourMsg)) {
            revert EnclaveEvidenceMalformed(misbehaviourMsg.length);
        }
        _checkState(height, timestamp, stateId);
        _checkUnexpired(timestamp);
        bytes memory context = EnclaveStatement.contextOf(
            timestamp, timestamp, TRUSTING_PERIOD * NANOSECONDS, MAX_CLOCK_DRIFT * NANOSECONDS
        );
        this.checkSigners(EnclaveStatement.misbehaviourDigest(height, stateId, context, message), signatures);
        _freeze();
    }

    /// @inheritdoc ILightClient
    /// @dev Proof: `u128 timestamp | stateId 32 | signatures`, as in an update.
    function verifyMembership(ILightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        return _verifyState(msg_.proof, msg_.proofHeight, msg_.path, keccak256(msg_.value));
    }

    /// @inheritdoc ILightClient
    function verifyNonMembership(ILightClientMsgs.MsgVerifyNonMembership calldata msg_)
        external
        view
        returns (uint256)
    {
        return _verifyState(msg_.proof, msg_.proofHeight, msg_.path, bytes32(0));
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILightClient
    /// @dev abi.encode(uint64 latestHeight, uint64 latestTimestamp (seconds), uint64 trustingPeriod, uint64
    ///      maxClockDrift, bool frozen)
    function getClientState() external view returns (bytes memory) {
        uint64 latestTimestamp = uint64(_latestTimestamp / NANOSECONDS);
        return abi.encode(_latestHeight, latestTimestamp, TRUSTING_PERIOD, MAX_CLOCK_DRIFT, _frozen);
    }

    /// @notice The consensus state kept for a height, 0 if there is none (any more): `u64 height | first 24 bytes of
    ///         keccak256(u128 timestamp | stateId)`.
    function getConsensusState(uint64 height) external view returns (bytes32) {
        bytes32 slot = _consensus[height % RING_SIZE];
        return height != 0 && _heightOf(slot) == height ? slot : bytes32(0);
    }

    /// @notice Reverts unless enclaves of enough operators signed `digest`: for evidence and people.
    function checkSigners(bytes32 digest, bytes calldata signatures) external view {
        _checkSigners(digest, signatures);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _checkRouter() private view {
        if (msg.sender != ROUTER) revert EnclaveCallerNotRouter(ROUTER, msg.sender);
    }

    function _checkActive() private view {
        if (_frozen) revert EnclaveClientFrozen();
        uint256 expiry = _latestTimestamp + TRUSTING_PERIOD * NANOSECONDS;
        uint256 nowNs = block.timestamp * NANOSECONDS;
        if (nowNs >= expiry) revert EnclaveClientExpired(expiry, nowNs);
    }

    function _parse(bytes calldata updateMsg) private pure returns (EnclaveStatement.Update memory update) {
        if (updateMsg.length < UPDATE_HEAD) revert EnclaveLengthInvalid(UPDATE_HEAD, updateMsg.length);
        update.prevHeight = uint64(bytes8(updateMsg));
        update.prevStateId = bytes32(updateMsg[8:]);
        update.prevTimestamp = uint128(bytes16(updateMsg[40:]));
        update.postHeight = uint64(bytes8(updateMsg[56:]));
        update.postStateId = bytes32(updateMsg[64:]);
        update.timestamp = uint128(bytes16(updateMsg[96:]));
    }

    /// @dev Above the latest height an update must build on it: an older state may trust a set that has since gone.
    function _checkUpdate(EnclaveStatement.Update memory update) private view {
        if (update.postHeight <= update.prevHeight) {
            revert EnclaveUpdateNotForward(update.prevHeight, update.postHeight);
        }
        if (update.postHeight > _latestHeight && update.prevHeight != _latestHeight) {
            revert EnclaveUpdateNotOnLatest(_latestHeight, update.prevHeight);
        }
        _checkState(update.prevHeight, update.prevTimestamp, update.prevStateId);
        _checkUnexpired(update.prevTimestamp);
        uint256 latestAccepted = (block.timestamp + MAX_CLOCK_DRIFT) * NANOSECONDS;
        if (update.timestamp > latestAccepted) revert EnclaveHeaderFromFuture(update.timestamp, latestAccepted);
    }

    function _checkUnexpired(uint128 trustedTimestamp) private view {
        uint256 expiry = trustedTimestamp + TRUSTING_PERIOD * NANOSECONDS;
        uint256 nowNs = block.timestamp * NANOSECONDS;
        if (nowNs >= expiry) revert EnclaveTrustedStateExpired(expiry, nowNs);
    }

    function _freeze() private returns (ILightClientMsgs.UpdateResult) {
        _frozen = true;
        return ILightClientMsgs.UpdateResult.Misbehaviour;
    }

    function _verifyState(
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height,
        bytes[] calldata path,
        bytes32 valueHash
    ) private view returns (uint256) {
        _checkActive();
        if (height.revisionNumber != 0) revert EnclaveRevisionInvalid(height.revisionNumber);
        if (path.length != 1) revert EnclavePathInvalid(path.length);
        if (proof.length < PROOF_HEAD) revert EnclaveLengthInvalid(PROOF_HEAD, proof.length);
        uint128 timestamp = uint128(bytes16(proof));
        bytes32 stateId = bytes32(proof[16:]);
        _checkState(height.revisionHeight, timestamp, stateId);
        bytes32 digest = EnclaveStatement.stateDigest(path[0], valueHash, height.revisionHeight, stateId);
        _checkSigners(digest, proof[PROOF_HEAD:]);
        return timestamp / NANOSECONDS;
    }

    function _checkState(uint64 height, uint128 timestamp, bytes32 stateId) private view {
        bytes32 expected = _known(height);
        bytes32 found = _consensusSlot(height, timestamp, stateId);
        if (expected != found) revert EnclaveStateMismatch(height, expected, found);
    }

    /// @dev The consensus state at a height that the ring still keeps.
    function _known(uint64 height) private view returns (bytes32 slot) {
        slot = _consensus[height % RING_SIZE];
        if (height == 0 || _heightOf(slot) != height) revert EnclaveStateUnknown(height);
    }

    function _heightOf(bytes32 slot) private pure returns (uint256) {
        return uint256(slot) >> 192;
    }

    /// @dev The height stands in the slot, so 24 bytes are left for the hash: a second preimage takes 2^192 tries.
    function _consensusSlot(uint64 height, uint128 timestamp, bytes32 stateId) private pure returns (bytes32) {
        uint256 hash = uint256(keccak256(abi.encodePacked(timestamp, stateId)));
        return bytes32((uint256(height) << 192) | (hash >> 64));
    }
}
