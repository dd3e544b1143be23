// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS02ClientMsgs} from "./IICS02ClientMsgs.sol";

/// @title Messages of a light client
/// @notice Struct layouts are those of the published IBC v2 Solidity interfaces.
interface ILightClientMsgs {
    /// @notice Outcome of an update.
    enum UpdateResult {
        Update,
        Misbehaviour,
        NoOp
    }

    /// @param proof bytes in the light client's own format
    /// @param proofHeight counterparty height of the proof
    /// @param path merkle prefix of the counterparty with the key appended to its last element
    /// @param value the value that must stand at the path
    struct MsgVerifyMembership {
        bytes proof;
        IICS02ClientMsgs.Height proofHeight;
        bytes[] path;
        bytes value;
    }

    /// @param proof bytes in the light client's own format
    /// @param proofHeight counterparty height of the proof
    /// @param path merkle prefix of the counterparty with the key appended to its last element
    struct MsgVerifyNonMembership {
        bytes proof;
        IICS02ClientMsgs.Height proofHeight;
        bytes[] path;
    }
}
