// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS26RouterMsgs} from "./IICS26RouterMsgs.sol";

/// @title What the router tells an app
/// @notice Struct layouts are those of the published IBC v2 Solidity interfaces.
interface IIBCAppCallbacks {
    /// @param sourceClient client of the sender
    /// @param destinationClient client on this chain
    /// @param sequence packet sequence
    /// @param payload app data
    /// @param relayer who brought the packet
    struct OnRecvPacketCallback {
        string sourceClient;
        string destinationClient;
        uint64 sequence;
        IICS26RouterMsgs.Payload payload;
        address relayer;
    }

    /// @param sourceClient client on this chain
    /// @param destinationClient client of the receiver
    /// @param sequence packet sequence
    /// @param payload app data
    /// @param acknowledgement proven answer of the receiving app
    /// @param relayer who brought the acknowledgement
    struct OnAcknowledgementPacketCallback {
        string sourceClient;
        string destinationClient;
        uint64 sequence;
        IICS26RouterMsgs.Payload payload;
        bytes acknowledgement;
        address relayer;
    }

    /// @param sourceClient client on this chain
    /// @param destinationClient client of the receiver
    /// @param sequence packet sequence
    /// @param payload app data
    /// @param relayer who brought the proof of absence
    struct OnTimeoutPacketCallback {
        string sourceClient;
        string destinationClient;
        uint64 sequence;
        IICS26RouterMsgs.Payload payload;
        address relayer;
    }
}
