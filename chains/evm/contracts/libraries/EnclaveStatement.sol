// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What enclaves sign: LCP's messages
/// @notice A message is written anew from what is asked, never read: a signature over anything else recovers to a
///         stranger. Times are nanoseconds; heights have revision 0.
library EnclaveStatement {
    struct Height {
        uint64 revisionNumber;
        uint64 revisionHeight;
    }

    struct EmittedState {
        Height height;
        bytes state;
    }

    struct HeaderedMessage {
        bytes32 header;
        bytes message;
    }

    struct UpdateState {
        Height prevHeight;
        bytes32 prevStateId;
        Height postHeight;
        bytes32 postStateId;
        uint128 timestamp;
        bytes context;
        EmittedState[] emittedStates;
    }

    struct State {
        bytes prefix;
        bytes path;
        bytes32 value;
        Height height;
        bytes32 stateId;
    }

    struct PrevState {
        Height height;
        bytes32 stateId;
    }

    struct Misbehaviour {
        PrevState[] prevStates;
        bytes context;
        bytes clientMessage;
    }

    /// @param prevHeight height built upon
    /// @param prevStateId state built upon
    /// @param prevTimestamp its time
    /// @param postHeight new height
    /// @param postStateId new state
    /// @param timestamp its time
    struct Update {
        uint64 prevHeight;
        bytes32 prevStateId;
        uint128 prevTimestamp;
        uint64 postHeight;
        bytes32 postStateId;
        uint128 timestamp;
    }

    /// @notice Commitment prefix of statements about IBC paths.
    bytes internal constant PREFIX_IBC = "ibc";

    bytes32 private constant VERSION = bytes32(uint256(1) << 240);
    bytes32 private constant UPDATE_STATE = VERSION | bytes32(uint256(1) << 224);
    bytes32 private constant STATE = VERSION | bytes32(uint256(2) << 224);
    bytes32 private constant MISBEHAVIOUR = VERSION | bytes32(uint256(3) << 224);
    bytes32 private constant TRUSTING_PERIOD_CONTEXT = bytes32(uint256(1) << 240);

    /// @notice Digest of an update by a client of these periods.
    function updateDigest(Update memory update, uint256 trustingPeriod, uint256 clockDrift)
        internal
        pure
        returns (bytes32)
    {
        bytes memory context = contextOf(update.timestamp, update.prevTimestamp, trustingPeriod, clockDrift);
        UpdateState memory body = UpdateState(
            Height(0, update.prevHeight),
            update.prevStateId,
            Height(0, update.postHeight),
            update.postStateId,
            update.timestamp,
            context,
            new EmittedState[](0)
        );
        return keccak256(abi.encode(HeaderedMessage(UPDATE_STATE, abi.encode(body))));
    }

    /// @notice Digest of what stands at a path (`valueHash` zero: nothing) in a state.
    function stateDigest(bytes calldata path, bytes32 valueHash, uint64 height, bytes32 stateId)
        internal
        pure
        returns (bytes32)
    {
        State memory body = State(PREFIX_IBC, path, valueHash, Height(0, height), stateId);
        return keccak256(abi.encode(HeaderedMessage(STATE, abi.encode(body))));
    }

    /// @notice Digest of a statement of misbehaviour judged by one state.
    function misbehaviourDigest(uint64 height, bytes32 stateId, bytes memory context, bytes memory clientMessage)
        internal
        pure
        returns (bytes32)
    {
        PrevState[] memory prevStates = new PrevState[](1);
        prevStates[0] = PrevState(Height(0, height), stateId);
        bytes memory body = abi.encode(Misbehaviour(prevStates, context, clientMessage));
        return keccak256(abi.encode(HeaderedMessage(MISBEHAVIOUR, body)));
    }

    /// @notice LCP's trusting-period context.
    function contextOf(uint128 headerTimestamp, uint128 trustedTimestamp, uint256 trustingPeriod, uint256 clockDrift)
        internal
        pure
        returns (bytes memory)
    {
        bytes32 timestamps = bytes32((uint256(headerTimestamp) << 128) | trustedTimestamp);
        bytes32 params = bytes32((trustingPeriod << 128) | clockDrift);
        return abi.encode(HeaderedMessage(TRUSTING_PERIOD_CONTEXT, abi.encode(timestamps, params)));
    }
}
