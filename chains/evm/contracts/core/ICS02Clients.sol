// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ICS02Errors} from "../errors/ICS26Errors.sol";
import {IICS02Client} from "../interfaces/IICS02Client.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {CalldataHash} from "../libraries/CalldataHash.sol";
import {Identifiers} from "../libraries/Identifiers.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {RouterAccess} from "./RouterAccess.sol";

/// @title ICS-02: the light clients of this router
abstract contract ICS02Clients is IICS02Client, ICS02Errors, RouterAccess {
    /// @dev What a packet needs stands in the first slot, or the first two if the counterparty's id is long; the full
    ///      counterparty is kept for people and events.
    struct Client {
        ILightClient lightClient;
        /// @dev the merkle prefix is one empty element, so that a path is the bare IBC key
        bool bareKeys;
        /// @dev the counterparty's id itself, if it has at most ten bytes; else its length is 0
        uint8 shortIdLength;
        bytes10 shortId;
        bytes32 counterpartyIdHash;
        IICS02ClientMsgs.CounterpartyInfo counterparty;
    }

    bytes private constant GENERATED_PREFIX = "client-";

    mapping(bytes32 clientIdHash => Client client) private _clients;
    uint256 private _nextClientSeq;

    // ------------------------------------------------------------------------------------------------ registration

    /// @inheritdoc IICS02Client
    function addClient(
        string calldata clientId,
        IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) external onlyRoleOrOpen(CLIENT_REGISTRAR_ROLE) guarded returns (string memory) {
        if (!Identifiers.isClientId(clientId) || _isGeneratedForm(bytes(clientId))) {
            revert ICS02ClientIdInvalid(clientId);
        }
        return _addClient(clientId, counterpartyInfo, client);
    }

    /// @inheritdoc IICS02Client
    function addClient(IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo, address client)
        external
        onlyRoleOrOpen(CLIENT_REGISTRAR_ROLE)
        guarded
        returns (string memory)
    {
        string memory clientId = string.concat(string(GENERATED_PREFIX), Strings.toString(_nextClientSeq++));
        return _addClient(clientId, counterpartyInfo, client);
    }

    /// @inheritdoc IICS02Client
    function migrateClient(
        string calldata clientId,
        IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) external onlyRoleOrOpen(CLIENT_MIGRATOR_ROLE) guarded {
        _client(clientId);
        _setClient(clientId, counterpartyInfo, client);
        emit ICS02ClientMigrated(clientId, counterpartyInfo, client);
    }

    // ---------------------------------------------------------------------------------------------------- messages

    /// @inheritdoc IICS02Client
    function updateClient(string calldata clientId, bytes calldata updateMsg)
        external
        returns (ILightClientMsgs.UpdateResult)
    {
        return _updateClient(clientId, updateMsg);
    }

    function _updateClient(string calldata clientId, bytes calldata updateMsg)
        internal
        passing
        returns (ILightClientMsgs.UpdateResult result)
    {
        result = _client(clientId).lightClient.updateClient(updateMsg);
        // an ordinary update is seen by its effect; an event for each would cost every packet of every batch
        if (result == ILightClientMsgs.UpdateResult.Misbehaviour) emit ICS02MisbehaviourSubmitted(clientId, updateMsg);
    }

    /// @inheritdoc IICS02Client
    function submitMisbehaviour(string calldata clientId, bytes calldata misbehaviourMsg) external guarded {
        _client(clientId).lightClient.misbehaviour(misbehaviourMsg);
        emit ICS02MisbehaviourSubmitted(clientId, misbehaviourMsg);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IICS02Client
    function getClient(string calldata clientId) external view returns (address) {
        return address(_client(clientId).lightClient);
    }

    /// @inheritdoc IICS02Client
    function getCounterparty(string calldata clientId)
        external
        view
        returns (IICS02ClientMsgs.CounterpartyInfo memory)
    {
        return _client(clientId).counterparty;
    }

    /// @inheritdoc IICS02Client
    function getNextClientSeq() external view returns (uint256) {
        return _nextClientSeq;
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _client(string calldata clientId) internal view returns (Client storage client) {
        client = _clients[CalldataHash.hashOf(clientId)];
        if (address(client.lightClient) == address(0)) revert ICS02ClientUnknown(clientId);
    }

    /// @dev Whether `clientId` is the id of a client's counterparty.
    function _isCounterparty(Client storage client, string calldata clientId) internal view returns (bool) {
        uint256 length = client.shortIdLength;
        if (length == 0) return client.counterpartyIdHash == CalldataHash.hashOf(clientId);
        return bytes(clientId).length == length && bytes10(bytes(clientId)) == client.shortId;
    }

    /// @dev Path under which the counterparty proves `key`: its merkle prefix, the key appended to the last element.
    function _membershipPath(Client storage client, bytes memory key) internal view returns (bytes[] memory path) {
        if (client.bareKeys) {
            path = new bytes[](1);
            path[0] = key;
        } else {
            path = client.counterparty.merklePrefix;
            path[path.length - 1] = bytes.concat(path[path.length - 1], key);
        }
    }

    function _addClient(
        string memory clientId,
        IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) private returns (string memory) {
        address taken = address(_clients[keccak256(bytes(clientId))].lightClient);
        if (taken != address(0)) revert ICS02ClientTaken(clientId, taken);
        _setClient(clientId, counterpartyInfo, client);
        emit ICS02ClientAdded(clientId, counterpartyInfo, client);
        return clientId;
    }

    function _setClient(
        string memory clientId,
        IICS02ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address lightClient
    ) private {
        uint256 prefixElements = counterpartyInfo.merklePrefix.length;
        if (!Identifiers.isClientId(counterpartyInfo.clientId) || prefixElements == 0) {
            revert ICS02CounterpartyInvalid(counterpartyInfo.clientId, prefixElements);
        }
        if (lightClient.code.length == 0) revert ICS02ClientInvalid(lightClient);
        Client storage client = _clients[keccak256(bytes(clientId))];
        client.lightClient = ILightClient(lightClient);
        client.bareKeys = prefixElements == 1 && counterpartyInfo.merklePrefix[0].length == 0;
        bytes calldata id = bytes(counterpartyInfo.clientId);
        bool short = id.length <= 10;
        client.shortIdLength = short ? uint8(id.length) : 0;
        client.shortId = short ? bytes10(id) : bytes10(0);
        client.counterpartyIdHash = keccak256(id);
        client.counterparty = counterpartyInfo;
    }

    function _isGeneratedForm(bytes calldata clientId) private pure returns (bool) {
        return clientId.length > GENERATED_PREFIX.length
            && keccak256(clientId[:GENERATED_PREFIX.length]) == keccak256(GENERATED_PREFIX);
    }
}
