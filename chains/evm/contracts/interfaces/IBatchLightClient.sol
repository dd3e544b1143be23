// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";

/// @title A light client that verifies several memberships by one proof
/// @notice Ours, beside the published interface.
interface IBatchLightClient {
    /// @notice Verifies that each value stands at its path; reverts with the reason if one does not.
    /// @param msg_ proof, height, beginning of the paths, entries in ascending order of SHA-256 of their paths
    /// @return timestamp of the consensus state, UTC seconds
    function verifyMemberships(IBatchMsgs.MsgVerifyMemberships calldata msg_) external returns (uint256);
}
