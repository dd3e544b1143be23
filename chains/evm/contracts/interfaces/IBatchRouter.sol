// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";

/// @title Batch entry of a router
/// @notice Ours, beside the published interface and never instead: what it does to each packet, and every event and
///         stored word, is what `recvPacket` does.
interface IBatchRouter {
    /// @notice The client's paths have a prefix: its packets are received one by one.
    error IBCBatchPrefixUnsupported(string clientId);

    /// @notice Receives packets whose commitments are proven by one proof. One that was received before is a `Noop`; one
    ///         that is refused undoes all.
    /// @param msg_ packets and proof
    function recvPackets(IBatchMsgs.MsgRecvPackets calldata msg_) external;
}
