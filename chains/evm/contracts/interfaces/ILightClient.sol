// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";

/// @title ICS-02 light client of another ledger
interface ILightClient {
    /// @notice Verifies a client message and takes over what it says, or freezes the client if it proves misbehaviour.
    /// @param updateMsg client message in the light client's own format
    /// @return what happened; an invalid message reverts
    function updateClient(bytes calldata updateMsg) external returns (ILightClientMsgs.UpdateResult);

    /// @notice Verifies that `value` stands at `path`; reverts with the reason if it does not.
    /// @param msg_ proof, height, path, value
    /// @return timestamp of the consensus state, UTC seconds
    function verifyMembership(ILightClientMsgs.MsgVerifyMembership calldata msg_) external returns (uint256);

    /// @notice Verifies that nothing stands at `path`; reverts with the reason if something may.
    /// @param msg_ proof, height, path
    /// @return timestamp of the consensus state, UTC seconds
    function verifyNonMembership(ILightClientMsgs.MsgVerifyNonMembership calldata msg_) external returns (uint256);

    /// @notice Freezes the client if the evidence holds; reverts if it does not.
    /// @param misbehaviourMsg evidence in the light client's own format
    function misbehaviour(bytes calldata misbehaviourMsg) external;

    /// @notice The client state in the light client's own format.
    /// @return encoded client state
    function getClientState() external view returns (bytes memory);
}
