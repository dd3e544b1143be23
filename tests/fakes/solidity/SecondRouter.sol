// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCApp} from "chains/evm/contracts/interfaces/IIBCApp.sol";
import {IIBCStore} from "chains/evm/contracts/interfaces/IIBCStore.sol";
import {IICS02Client} from "chains/evm/contracts/interfaces/IICS02Client.sol";
import {IICS26Router} from "chains/evm/contracts/interfaces/IICS26Router.sol";
import {ILightClient} from "chains/evm/contracts/interfaces/ILightClient.sol";
import {IIBCAppCallbacks} from "chains/evm/contracts/msgs/IIBCAppCallbacks.sol";
import {IICS02ClientMsgs} from "chains/evm/contracts/msgs/IICS02ClientMsgs.sol";
import {IICS26RouterMsgs} from "chains/evm/contracts/msgs/IICS26RouterMsgs.sol";
import {ILightClientMsgs} from "chains/evm/contracts/msgs/ILightClientMsgs.sol";

/// @title Where the second router keeps its commitments: another contract, another slot
contract SecondStore {
    address private immutable OWNER = msg.sender;
    uint256[5] private _before;
    mapping(bytes32 hashedPath => bytes32 commitment) private _commitments;

    function get(bytes32 hashedPath) external view returns (bytes32) {
        return _commitments[hashedPath];
    }

    function set(bytes32 hashedPath, bytes32 commitment) external {
        require(msg.sender == OWNER, "store: not the router");
        _commitments[hashedPath] = commitment;
    }
}

/// @title A second router of the published ABI, written by us for the tests
/// @notice It shares nothing with our router but the published interface: another store in another contract, other
///         errors, relaying by a list that a public entry opens, plain encoding, no batch entry. Our light client, app
///         and client program must work on it as on ours. It is no implementation to deploy.
contract SecondRouter is IICS26Router, IICS02Client, IIBCStore {
    bytes32 private constant ERROR_ACK = sha256("UNIVERSAL_ERROR_ACKNOWLEDGEMENT");

    SecondStore public immutable STORE = new SecondStore();
    address public immutable ADMIN;
    mapping(address relayer => bool allowed) public relayers;
    mapping(string portId => address app) private _apps;
    mapping(string clientId => address client) private _lightClients;
    mapping(string clientId => IICS02ClientMsgs.CounterpartyInfo counterparty) private _counterparties;
    mapping(string clientId => uint64 sequence) private _sequences;
    uint256 private _generated;
    bool private _busy;

    constructor(address admin) {
        ADMIN = admin;
    }

    modifier onlyAdmin() {
        require(msg.sender == ADMIN, "router: not the admin");
        _;
    }

    modifier relay() {
        require(relayers[address(0)] || relayers[msg.sender], "router: not a relayer");
        require(!_busy, "router: busy");
        _busy = true;
        _;
        _busy = false;
    }

    function allowRelayer(address relayer) external onlyAdmin {
        relayers[relayer] = true;
    }

    // ------------------------------------------------------------------------------------------------ packets

    function sendPacket(IICS26RouterMsgs.MsgSendPacket calldata msg_) external returns (uint64 sequence) {
        require(msg.sender == _apps[msg_.payload.sourcePort], "router: not the app");
        bool inTime = msg_.timeoutTimestamp > block.timestamp && msg_.timeoutTimestamp <= block.timestamp + 1 days;
        require(inTime, "router: time-out");
        require(_lightClients[msg_.sourceClient] != address(0), "router: no client");
        sequence = ++_sequences[msg_.sourceClient];
        IICS26RouterMsgs.Packet memory packet;
        packet.sequence = sequence;
        packet.sourceClient = msg_.sourceClient;
        packet.destClient = _counterparties[msg_.sourceClient].clientId;
        packet.timeoutTimestamp = msg_.timeoutTimestamp;
        packet.payloads = new IICS26RouterMsgs.Payload[](1);
        packet.payloads[0] = msg_.payload;
        STORE.set(keccak256(_path(packet.sourceClient, 1, sequence)), _commitment(packet));
        emit SendPacket(msg_.sourceClient, sequence, packet);
    }

    function recvPacket(IICS26RouterMsgs.MsgRecvPacket calldata msg_) external relay {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        _check(packet, packet.destClient, packet.sourceClient);
        bytes32 place = keccak256(_path(packet.destClient, 2, packet.sequence));
        bytes32 receipt = keccak256(abi.encode(packet));
        bytes32 stored = STORE.get(place);
        if (stored == receipt) {
            emit Noop();
            return;
        }
        require(stored == 0, "router: another packet under this sequence");
        require(block.timestamp < packet.timeoutTimestamp, "router: too late");
        bytes memory path = _path(packet.sourceClient, 1, packet.sequence);
        _mustHold(packet.destClient, path, _commitment(packet), msg_.proofCommitment, msg_.proofHeight);
        STORE.set(place, receipt);
        bytes[] memory answers = new bytes[](1);
        answers[0] = _received(packet);
        bytes32 answerHash = sha256(bytes.concat(hex"02", sha256(answers[0])));
        STORE.set(keccak256(_path(packet.destClient, 3, packet.sequence)), answerHash);
        emit WriteAcknowledgement(packet.destClient, packet.sequence, packet, answers);
    }

    function ackPacket(IICS26RouterMsgs.MsgAckPacket calldata msg_) external relay {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        if (!_taken(packet)) return;
        bytes memory path = _path(packet.destClient, 3, packet.sequence);
        bytes32 value = sha256(bytes.concat(hex"02", sha256(msg_.acknowledgement)));
        _mustHold(packet.sourceClient, path, value, msg_.proofAcked, msg_.proofHeight);
        IIBCApp(_apps[packet.payloads[0].sourcePort]).onAcknowledgementPacket(
            IIBCAppCallbacks.OnAcknowledgementPacketCallback(
                packet.sourceClient,
                packet.destClient,
                packet.sequence,
                packet.payloads[0],
                msg_.acknowledgement,
                msg.sender
            )
        );
        emit AckPacket(packet.sourceClient, packet.sequence, packet, msg_.acknowledgement);
    }

    function timeoutPacket(IICS26RouterMsgs.MsgTimeoutPacket calldata msg_) external relay {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        if (!_taken(packet)) return;
        bytes[] memory path = _prefixed(packet.sourceClient, _path(packet.destClient, 2, packet.sequence));
        uint256 time = ILightClient(_lightClients[packet.sourceClient]).verifyNonMembership(
            ILightClientMsgs.MsgVerifyNonMembership(msg_.proofTimeout, msg_.proofHeight, path)
        );
        require(time >= packet.timeoutTimestamp, "router: not yet");
        IIBCApp(_apps[packet.payloads[0].sourcePort]).onTimeoutPacket(
            IIBCAppCallbacks.OnTimeoutPacketCallback(
                packet.sourceClient, packet.destClient, packet.sequence, packet.payloads[0], msg.sender
            )
        );
        emit TimeoutPacket(packet.sourceClient, packet.sequence, packet);
    }

    function multicall(bytes[] calldata calls) external returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            bool done;
            (done, results[i]) = address(this).delegatecall(calls[i]);
            if (!done) _revertWith(results[i]);
        }
    }

    // --------------------------------------------------------------------------------------- apps and clients

    function addIBCApp(string calldata portId, address app) external onlyAdmin {
        require(_apps[portId] == address(0) && bytes(portId).length > 1, "router: port");
        _apps[portId] = app;
        emit IBCAppAdded(portId, app);
    }

    function addIBCApp(address) external pure {
        revert("router: choose a port");
    }

    function getIBCApp(string calldata portId) external view returns (address) {
        require(_apps[portId] != address(0), "router: no app");
        return _apps[portId];
    }

    function addClient(string calldata id, IICS02ClientMsgs.CounterpartyInfo calldata counterparty, address client)
        external
        onlyAdmin
        returns (string memory)
    {
        require(_lightClients[id] == address(0), "router: client taken");
        (_lightClients[id], _counterparties[id]) = (client, counterparty);
        emit ICS02ClientAdded(id, counterparty, client);
        return id;
    }

    function addClient(IICS02ClientMsgs.CounterpartyInfo calldata counterparty, address client)
        external
        onlyAdmin
        returns (string memory id)
    {
        id = string(abi.encodePacked("client-", bytes1(uint8(48 + _generated++ % 10))));
        (_lightClients[id], _counterparties[id]) = (client, counterparty);
        emit ICS02ClientAdded(id, counterparty, client);
    }

    function migrateClient(string calldata id, IICS02ClientMsgs.CounterpartyInfo calldata counterparty, address client)
        external
        onlyAdmin
    {
        (_lightClients[id], _counterparties[id]) = (client, counterparty);
        emit ICS02ClientMigrated(id, counterparty, client);
    }

    function updateClient(string calldata id, bytes calldata message)
        external
        relay
        returns (ILightClientMsgs.UpdateResult)
    {
        return ILightClient(_lightClients[id]).updateClient(message);
    }

    function submitMisbehaviour(string calldata id, bytes calldata evidence) external {
        ILightClient(_lightClients[id]).misbehaviour(evidence);
        emit ICS02MisbehaviourSubmitted(id, evidence);
    }

    function getClient(string calldata id) external view returns (address) {
        require(_lightClients[id] != address(0), "router: no client");
        return _lightClients[id];
    }

    function getCounterparty(string calldata id) external view returns (IICS02ClientMsgs.CounterpartyInfo memory) {
        return _counterparties[id];
    }

    function getNextClientSeq() external view returns (uint256) {
        return _generated;
    }

    function getCommitment(bytes32 hashedPath) external view returns (bytes32) {
        return STORE.get(hashedPath);
    }

    // ------------------------------------------------------------------------------------------------ internal

    function _received(IICS26RouterMsgs.Packet calldata packet) private returns (bytes memory answer) {
        try IIBCApp(_apps[packet.payloads[0].destPort]).onRecvPacket(
            IIBCAppCallbacks.OnRecvPacketCallback(
                packet.sourceClient, packet.destClient, packet.sequence, packet.payloads[0], msg.sender
            )
        ) returns (bytes memory given) {
            require(given.length != 0 && keccak256(given) != keccak256(bytes.concat(ERROR_ACK)), "router: answer");
            answer = given;
        } catch (bytes memory reason) {
            require(reason.length != 0, "router: out of gas");
            emit IBCAppRecvPacketCallbackError(reason);
            answer = bytes.concat(ERROR_ACK);
        }
    }

    function _taken(IICS26RouterMsgs.Packet calldata packet) private returns (bool) {
        _check(packet, packet.sourceClient, packet.destClient);
        bytes32 place = keccak256(_path(packet.sourceClient, 1, packet.sequence));
        bytes32 stored = STORE.get(place);
        if (stored == 0) {
            emit Noop();
            return false;
        }
        require(stored == _commitment(packet), "router: another packet was sent");
        STORE.set(place, 0);
        return true;
    }

    function _check(IICS26RouterMsgs.Packet calldata packet, string calldata here, string calldata there) private view {
        require(packet.payloads.length == 1 && packet.sequence != 0, "router: packet");
        bool known = keccak256(bytes(_counterparties[here].clientId)) == keccak256(bytes(there));
        require(known && bytes(there).length != 0, "router: counterparty");
    }

    function _mustHold(
        string calldata client,
        bytes memory path,
        bytes32 value,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) private {
        ILightClient(_lightClients[client]).verifyMembership(
            ILightClientMsgs.MsgVerifyMembership(proof, height, _prefixed(client, path), bytes.concat(value))
        );
    }

    function _prefixed(string calldata client, bytes memory key) private view returns (bytes[] memory path) {
        path = _counterparties[client].merklePrefix;
        path[path.length - 1] = bytes.concat(path[path.length - 1], key);
    }

    function _path(string memory clientId, uint8 tag, uint64 sequence) private pure returns (bytes memory) {
        return abi.encodePacked(clientId, tag, sequence);
    }

    function _commitment(IICS26RouterMsgs.Packet memory packet) private pure returns (bytes32) {
        IICS26RouterMsgs.Payload memory payload = packet.payloads[0];
        bytes memory ports = bytes.concat(sha256(bytes(payload.sourcePort)), sha256(bytes(payload.destPort)));
        bytes memory kinds = bytes.concat(sha256(bytes(payload.version)), sha256(bytes(payload.encoding)));
        bytes32 payloadHash = sha256(bytes.concat(ports, kinds, sha256(payload.value)));
        bytes32 timeoutHash = sha256(bytes.concat(bytes8(packet.timeoutTimestamp)));
        return sha256(
            bytes.concat(hex"02", sha256(bytes(packet.destClient)), timeoutHash, sha256(bytes.concat(payloadHash)))
        );
    }

    function _revertWith(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
