// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why the router refuses
/// @notice Each error carries what was expected and what was found, where both exist.
interface ICS26Errors {
    /// @notice This implementation carries exactly one payload a packet.
    error IBCPayloadCountInvalid(uint256 expected, uint256 found);
    /// @notice Sequences start at 1.
    error IBCSequenceInvalid(uint64 sequence);
    /// @notice The other client named in the packet is not the registered counterparty.
    error IBCCounterpartyMismatch(string clientId, string expected, string found);
    /// @notice The time-out of a packet to send is not in (now, now + 24 h].
    error IBCTimeoutInvalid(uint64 timeoutTimestamp, uint256 earliest, uint256 latest);
    /// @notice The packet arrived at or after its time-out.
    error IBCTimeoutElapsed(uint64 timeoutTimestamp, uint256 blockTimestamp);
    /// @notice The proof of absence is from a consensus time before the time-out.
    error IBCTimeoutNotReached(uint64 timeoutTimestamp, uint256 consensusTimestamp);
    /// @notice Another packet was received under this sequence.
    error IBCReceiptConflict(bytes32 stored, bytes32 found);
    /// @notice The packet differs from the one that was sent under this sequence.
    error IBCCommitmentMismatch(bytes32 stored, bytes32 found);
    /// @notice No app is bound to the port.
    error IBCAppUnknown(string portId);
    /// @notice The port is bound already.
    error IBCPortTaken(string portId, address app);
    /// @notice The app has no code.
    error IBCAppInvalid(address app);
    /// @notice Only the app of the source port may send.
    error IBCSenderNotApp(string portId, address expected, address found);
    /// @notice The app reverted without data, as a call out of gas does: nothing may be concluded from it.
    error IBCAppOutOfGas(address app);
    /// @notice A success acknowledgement is neither empty nor the universal error acknowledgement.
    error IBCAcknowledgementInvalid(bytes acknowledgement);
    /// @notice Not a port identifier: 2 to 128 of alphanumerics and ._+-#[]<>.
    error IBCPortIdInvalid(string portId);
    /// @notice The payload has no version, no encoding or no value, or is larger than 256 KiB.
    error IBCPayloadInvalid(uint256 versionLength, uint256 encodingLength, uint256 totalLength);
}

/// @title Why the client registry refuses
interface ICS02Errors {
    /// @notice Not a client identifier: 2 to 64 of alphanumerics and ._+-#[]<>, and not of the generated form.
    error ICS02ClientIdInvalid(string clientId);
    /// @notice The client id stands for a client already.
    error ICS02ClientTaken(string clientId, address client);
    /// @notice No client of this id.
    error ICS02ClientUnknown(string clientId);
    /// @notice The light client has no code.
    error ICS02ClientInvalid(address client);
    /// @notice A counterparty has a client id and at least one prefix element.
    error ICS02CounterpartyInvalid(string clientId, uint256 prefixElements);
}
