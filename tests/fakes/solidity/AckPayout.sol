// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IIBCApp} from "chains/evm/contracts/interfaces/IIBCApp.sol";
import {IICS26Router} from "chains/evm/contracts/interfaces/IICS26Router.sol";
import {ICS24Host} from "chains/evm/contracts/libraries/ICS24Host.sol";
import {IIBCAppCallbacks} from "chains/evm/contracts/msgs/IIBCAppCallbacks.sol";
import {IICS26RouterMsgs} from "chains/evm/contracts/msgs/IICS26RouterMsgs.sol";

/// @title An app that takes tokens, sends a packet of eight words, and pays out on its acknowledgement
/// @notice What an app that lets securities lead does at least: measured by the gas benchmarks, deployed by nobody else.
contract AckPayout is IIBCApp {
    using SafeERC20 for IERC20;

    struct Terms {
        bytes32 tradeId;
        address token;
        address adapter;
        uint256 quantity;
        address seller;
        address buyer;
        bytes32 cashHash;
        uint256 window;
    }

    error NotTheRouter(address caller);
    error NotLocked(bytes32 stored, bytes32 found);
    error NotMoved(uint256 expected, uint256 found);

    event PaidOut(bytes32 indexed tradeId, address to);

    IICS26Router public immutable ROUTER;
    mapping(bytes32 tradeId => bytes32 termsHash) public locked;

    constructor(address router) {
        ROUTER = IICS26Router(router);
    }

    function lockAndSend(string calldata sourceClient, uint64 timeout, Terms calldata terms) external {
        locked[terms.tradeId] = keccak256(abi.encode(terms));
        IERC20(terms.token).safeTransferFrom(terms.seller, address(this), terms.quantity);
        IICS26RouterMsgs.Payload memory payload =
            IICS26RouterMsgs.Payload("pay", "pay", "dvp-1", "application/x-solidity-abi", abi.encode(terms));
        ROUTER.sendPacket(IICS26RouterMsgs.MsgSendPacket(sourceClient, timeout, payload));
    }

    function onRecvPacket(IIBCAppCallbacks.OnRecvPacketCallback calldata) external pure returns (bytes memory) {
        revert();
    }

    function onAcknowledgementPacket(IIBCAppCallbacks.OnAcknowledgementPacketCallback calldata msg_) external {
        bool failed = msg_.acknowledgement.length == 32
            && bytes32(msg_.acknowledgement) == ICS24Host.UNIVERSAL_ERROR_ACK;
        _pay(msg_.payload.value, failed);
    }

    function onTimeoutPacket(IIBCAppCallbacks.OnTimeoutPacketCallback calldata msg_) external {
        _pay(msg_.payload.value, true);
    }

    function _pay(bytes calldata value, bool back) private {
        if (msg.sender != address(ROUTER)) revert NotTheRouter(msg.sender);
        if (value.length != 256) revert NotLocked(0, 0);
        Terms calldata terms;
        assembly ("memory-safe") {
            terms := value.offset
        }
        bytes32 found = keccak256(value);
        if (locked[terms.tradeId] != found) revert NotLocked(locked[terms.tradeId], found);
        locked[terms.tradeId] = bytes32(uint256(1));
        address to = back ? terms.seller : terms.buyer;
        IERC20 token = IERC20(terms.token);
        uint256 before = token.balanceOf(to);
        token.safeTransfer(to, terms.quantity);
        uint256 moved = token.balanceOf(to) - before;
        if (moved != terms.quantity) revert NotMoved(terms.quantity, moved);
        emit PaidOut(terms.tradeId, to);
    }
}
