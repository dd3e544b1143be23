// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS02ClientMsgs} from "./IICS02ClientMsgs.sol";

/// @title Messages of the ICS-26 router
/// @notice Struct layouts are those of the published IBC v2 Solidity interfaces.
interface IICS26RouterMsgs {
    /// @notice Application data of a packet.
    /// @param sourcePort port of the sending app
    /// @param destPort port of the receiving app
    /// @param version app version of the value
    /// @param encoding media type of the value
    /// @param value app data
    struct Payload {
        string sourcePort;
        string destPort;
        string version;
        string encoding;
        bytes value;
    }

    /// @notice An IBC v2 packet.
    /// @param sequence number of the packet on its source client, from 1
    /// @param sourceClient the sender's light client of the destination
    /// @param destClient the receiver's light client of the source
    /// @param timeoutTimestamp UTC seconds on the destination; the packet can be received strictly before it
    /// @param payloads exactly one payload in this implementation
    struct Packet {
        uint64 sequence;
        string sourceClient;
        string destClient;
        uint64 timeoutTimestamp;
        Payload[] payloads;
    }

    /// @param sourceClient light client of the destination on this chain
    /// @param timeoutTimestamp UTC seconds on the destination
    /// @param payload app data
    struct MsgSendPacket {
        string sourceClient;
        uint64 timeoutTimestamp;
        Payload payload;
    }

    /// @param packet the packet to receive
    /// @param proofCommitment proof that the source committed to the packet
    /// @param proofHeight counterparty height of the proof
    struct MsgRecvPacket {
        Packet packet;
        bytes proofCommitment;
        IICS02ClientMsgs.Height proofHeight;
    }

    /// @param packet the packet that was sent from here
    /// @param acknowledgement what the destination's app answered
    /// @param proofAcked proof that the destination wrote this acknowledgement
    /// @param proofHeight counterparty height of the proof
    struct MsgAckPacket {
        Packet packet;
        bytes acknowledgement;
        bytes proofAcked;
        IICS02ClientMsgs.Height proofHeight;
    }

    /// @param packet the packet that was sent from here
    /// @param proofTimeout proof that the destination has no receipt
    /// @param proofHeight counterparty height of the proof
    struct MsgTimeoutPacket {
        Packet packet;
        bytes proofTimeout;
        IICS02ClientMsgs.Height proofHeight;
    }
}
