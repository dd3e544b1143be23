// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";

/// @title IBC v2 packet router
/// @notice The packet half of the published IBC v2 Solidity interface.
interface IICS26Router {
    /// @notice A packet was committed to.
    event SendPacket(string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet);
    /// @notice A packet was received and answered.
    event WriteAcknowledgement(
        string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet, bytes[] acknowledgements
    );
    /// @notice The answer to a packet sent from here was processed.
    event AckPacket(
        string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet, bytes acknowledgement
    );
    /// @notice A packet sent from here was proven never received.
    event TimeoutPacket(string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet);
    /// @notice The message had been processed before; nothing changed.
    event Noop();
    /// @notice An app was bound to a port.
    event IBCAppAdded(string portId, address app);
    /// @notice An app refused a packet: the revert data that became the universal error acknowledgement.
    event IBCAppRecvPacketCallbackError(bytes reason);

    /// @notice Commits to a packet. Only the app of the payload's source port may call.
    /// @param msg_ client, time-out, payload
    /// @return sequence of the packet
    function sendPacket(IICS26RouterMsgs.MsgSendPacket calldata msg_) external returns (uint64);

    /// @notice Receives a packet once. A second receive of the same packet emits `Noop`.
    /// @param msg_ packet and proof of its commitment
    function recvPacket(IICS26RouterMsgs.MsgRecvPacket calldata msg_) external;

    /// @notice Processes the acknowledgement of a packet sent from here; the commitment goes. Again: `Noop`.
    /// @param msg_ packet, acknowledgement and its proof
    function ackPacket(IICS26RouterMsgs.MsgAckPacket calldata msg_) external;

    /// @notice Times a packet out that was sent from here; the commitment goes. Again: `Noop`.
    /// @param msg_ packet and proof that no receipt exists at a consensus time at or after the time-out
    function timeoutPacket(IICS26RouterMsgs.MsgTimeoutPacket calldata msg_) external;

    /// @notice Binds an app to a chosen port, once.
    /// @param portId 2 to 128 identifier characters
    /// @param app the app
    function addIBCApp(string calldata portId, address app) external;

    /// @notice Binds an app to the port named by its address in lower-case hex.
    /// @param app the app
    function addIBCApp(address app) external;

    /// @param portId port
    /// @return the app bound to the port
    function getIBCApp(string calldata portId) external view returns (address);
}
