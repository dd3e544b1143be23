// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCAppCallbacks} from "../msgs/IIBCAppCallbacks.sol";

/// @title An app behind a port of the router
/// @notice Apps must accept calls from their router only.
interface IIBCApp {
    /// @notice A packet proven to be sent by the counterparty arrives. A revert with data becomes the universal error
    ///         acknowledgement and undoes what the app did; a revert without data undoes the whole transaction.
    /// @param msg_ packet data
    /// @return acknowledgement, neither empty nor the universal error acknowledgement
    function onRecvPacket(IIBCAppCallbacks.OnRecvPacketCallback calldata msg_) external returns (bytes memory);

    /// @notice The proven acknowledgement of a packet sent from here arrives. A revert leaves the packet pending.
    /// @param msg_ packet data and acknowledgement
    function onAcknowledgementPacket(IIBCAppCallbacks.OnAcknowledgementPacketCallback calldata msg_) external;

    /// @notice A packet sent from here was proven never received. A revert leaves the packet pending.
    /// @param msg_ packet data
    function onTimeoutPacket(IIBCAppCallbacks.OnTimeoutPacketCallback calldata msg_) external;
}
