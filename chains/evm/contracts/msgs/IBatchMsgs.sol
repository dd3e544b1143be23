// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS02ClientMsgs} from "./IICS02ClientMsgs.sol";

/// @title Messages of the batch entry: packets that differ in three fields, proven together
interface IBatchMsgs {
    /// @param sequence number of the packet on its source client, from 1
    /// @param timeoutTimestamp UTC seconds on the destination; the packet can be received strictly before it
    /// @param value app data
    struct PacketLine {
        uint64 sequence;
        uint64 timeoutTimestamp;
        bytes value;
    }

    /// @param sourceClient source client of all packets
    /// @param destClient destination client of all packets
    /// @param sourcePort source port of all packets
    /// @param destPort destination port of all packets
    /// @param version app version of all values
    /// @param encoding media type of all values
    /// @param lines what the packets differ in, in the order the light client wants its entries
    /// @param proofCommitments one proof of all their commitments
    /// @param proofHeight counterparty height of the proof
    struct MsgRecvPackets {
        string sourceClient;
        string destClient;
        string sourcePort;
        string destPort;
        string version;
        string encoding;
        PacketLine[] lines;
        bytes proofCommitments;
        IICS02ClientMsgs.Height proofHeight;
    }

    /// @param sequence end of the path: 8 bytes, big-endian
    /// @param value the 32 bytes that must stand there
    struct Entry {
        uint64 sequence;
        bytes32 value;
    }

    /// @param proof bytes in the light client's own format
    /// @param proofHeight counterparty height of the proof
    /// @param pathPrefix beginning of every path; the sequence follows
    /// @param entries what must stand where
    struct MsgVerifyMemberships {
        bytes proof;
        IICS02ClientMsgs.Height proofHeight;
        bytes pathPrefix;
        Entry[] entries;
    }
}
