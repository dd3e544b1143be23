// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";

/// @title The light clients a router knows
interface IICS02Client {
    /// @notice A client was registered.
    event ICS02ClientAdded(string clientId, IICS02ClientMsgs.CounterpartyInfo counterpartyInfo, address client);
    /// @notice A client id now stands for another light client contract or counterparty.
    event ICS02ClientMigrated(string clientId, IICS02ClientMsgs.CounterpartyInfo counterpartyInfo, address client);
    /// @notice A client was frozen by evidence, submitted as such or as an update.
    event ICS02MisbehaviourSubmitted(string clientId, bytes misbehaviourMsg);

    /// @notice Registers a light client under a chosen id.
    /// @param clientId 2 to 64 identifier characters, not yet in use, not of the generated form
    /// @param counterpartyInfo the counterparty
    /// @param client light client contract
    /// @return the client id
    function addClient(
        string calldata clientId,
        IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) external returns (string memory);

    /// @notice Registers a light client under a generated id `client-N`.
    /// @param counterpartyInfo the counterparty
    /// @param client light client contract
    /// @return the client id
    function addClient(IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo, address client)
        external
        returns (string memory);

    /// @notice Passes a client message to a light client.
    /// @param clientId whose
    /// @param updateMsg client message
    /// @return 0 updated, 1 misbehaviour proven and client frozen, 2 nothing new
    function updateClient(string calldata clientId, bytes calldata updateMsg)
        external
        returns (ILightClientMsgs.UpdateResult);

    /// @notice Replaces light client and counterparty of a client id: governance's way out of a frozen or expired one.
    /// @param clientId whose
    /// @param counterpartyInfo the counterparty from now on
    /// @param client light client contract from now on
    function migrateClient(
        string calldata clientId,
        IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) external;

    /// @notice Passes evidence to a light client. Open to everybody: evidence proves itself.
    /// @param clientId whose
    /// @param misbehaviourMsg evidence
    function submitMisbehaviour(string calldata clientId, bytes calldata misbehaviourMsg) external;

    /// @param clientId whose
    /// @return the light client contract
    function getClient(string calldata clientId) external view returns (address);

    /// @param clientId whose
    /// @return the counterparty
    function getCounterparty(string calldata clientId) external view returns (IICS02ClientMsgs.CounterpartyInfo memory);

    /// @return number that the next generated client id gets
    function getNextClientSeq() external view returns (uint256);
}
